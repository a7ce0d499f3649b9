/** @file What a tokenizer gives for one text or pair. */
import type { Span } from "../notes/span.js";

/** All arrays have length T (tokens, padding included). */
export interface Encoding {
  /** Vocabulary ids. */
  readonly ids: Int32Array;
  readonly tokens: readonly string[];
  /** 0 for the first text and its special tokens, 1 for the second. */
  readonly typeIds: Uint8Array;
  /** 1 for a token, 0 for padding. */
  readonly attentionMask: Uint8Array;
  /** 1 for `[CLS]`, `[SEP]` and padding that the tokenizer put in, 0 for what stands in the text. */
  readonly specialTokensMask: Uint8Array;
  /** UTF-16 range in the text that the token came from; `null` for special tokens and padding. */
  readonly spans: readonly (Span | null)[];
  /** Index of the word (pre-token) that the token is a piece of; −1 for special tokens and padding. */
  readonly wordIds: Int32Array;
  /** What truncation cut off, as further windows of the same form, `stride` tokens of each repeated in the next. */
  readonly overflowing: readonly Encoding[];
}
