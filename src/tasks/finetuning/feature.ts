/** @file What the model reads of an example, and what it is to answer. Type definitions only. */

/** One window of a sentence, or one text or pair. T tokens, [CLS] and [SEP] included, no padding. */
export interface Feature {
  /** Index of the example in its data set. */
  readonly example: number;
  /** [T] */
  readonly ids: Int32Array;
  /** [T] */
  readonly typeIds: Uint8Array;
  /** Class of each token [T], or of the whole [1]; `IGNORED` where no answer is asked. */
  readonly labels: Int32Array;
  /** For entities [T]: the word of the example that the answer at a token is for; −1 at all other tokens. */
  readonly words: Int32Array | null;
}

export const IGNORED = -1;
