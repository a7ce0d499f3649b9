/** @file The tokenized corpus: all ids in one row, cut into sentences, cut into documents. In memory here; files in `token-files.ts`. */

import type { IdArray } from "./instance-record.js";

/** Read by position. Positions may pass 2^32. */
export interface NumberRow {
  readonly length: number;
  at(index: number): number;
  /** Copies `[from, to)` to `target` at `offset`. */
  copy(from: number, to: number, target: IdArray, offset: number): void;
}

export interface TokenStore {
  /** Token ids of the corpus, in the order of its lines. */
  readonly tokens: NumberRow;
  /** Sentence s has the tokens `[sentenceStarts[s], sentenceStarts[s + 1])`; one entry more than sentences. */
  readonly sentenceStarts: NumberRow;
  /** Document d has the sentences `[documentStarts[d], documentStarts[d + 1])`; one entry more than documents. None is empty. */
  readonly documentStarts: Float64Array;
}

/** What tokenization feeds, line by line; `finish` drops empty documents and gives the store. */
export class MemoryTokenStore {
  #tokens = new Int32Array(1 << 12);
  #tokenCount = 0;
  readonly #sentences: number[] = [0];
  readonly #documents: number[] = [0];

  addSentence(ids: Int32Array, count: number): void {
    while (this.#tokenCount + count > this.#tokens.length) {
      const larger = new Int32Array(this.#tokens.length * 2);
      larger.set(this.#tokens);
      this.#tokens = larger;
    }
    this.#tokens.set(ids.subarray(0, count), this.#tokenCount);
    this.#tokenCount += count;
    this.#sentences.push(this.#tokenCount);
  }

  endDocument(): void {
    const sentences = this.#sentences.length - 1;
    if (sentences > this.#documents.at(-1)!) this.#documents.push(sentences);
  }

  finish(): TokenStore {
    this.endDocument();
    return {
      tokens: arrayRow(this.#tokens.subarray(0, this.#tokenCount)),
      sentenceStarts: arrayRow(Float64Array.from(this.#sentences)),
      documentStarts: Float64Array.from(this.#documents),
    };
  }
}

/** A row over numbers in memory. */
export function arrayRow(values: Int32Array | Uint16Array | Uint32Array | Float64Array): NumberRow {
  return {
    length: values.length,
    at: (index) => values[index]!,
    copy(from, to, target, offset) {
      // A loop: a sentence is too short for a view and `set` to pay.
      for (let index = from; index < to; index++) target[offset + index - from] = values[index]!;
    },
  };
}
