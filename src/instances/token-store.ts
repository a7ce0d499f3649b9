/** @file The tokenized corpus: all ids in one row, cut into sentences, cut into documents. In memory here; files in `token-files.ts`. */

import type { IdArray } from "./instance-record.js";
import type { TokenizedBlock } from "./tokenized-block.js";

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

/** What tokenization feeds, block by block; `finish` drops empty documents and gives the store. */
export class MemoryTokenStore {
  readonly #ids: IdArray[] = [];
  #tokenCount = 0;
  readonly #sentences: number[] = [0];
  readonly #documents = new DocumentStarts();

  addBlock(block: TokenizedBlock): void {
    this.#ids.push(block.ids);
    this.#documents.addBlanks(this.#sentences.length - 1, block.blanks);
    for (const length of block.lengths) {
      this.#tokenCount += length;
      this.#sentences.push(this.#tokenCount);
    }
  }

  finish(): TokenStore {
    const tokens = new Int32Array(this.#tokenCount);
    let at = 0;
    for (const ids of this.#ids) {
      tokens.set(ids, at);
      at += ids.length;
    }
    return {
      tokens: arrayRow(tokens),
      sentenceStarts: arrayRow(Float64Array.from(this.#sentences)),
      documentStarts: this.#documents.finish(this.#sentences.length - 1),
    };
  }
}

/** Where documents begin, in sentences; a growing array of numbers. */
export class DocumentStarts {
  #starts = new Float64Array(1024);
  #count = 1;

  /** @param before sentences before the block; @param blanks sentences of the block before each blank line */
  addBlanks(before: number, blanks: Uint32Array): void {
    for (const blank of blanks) this.#end(before + blank);
  }

  /** A document without a sentence is none. */
  #end(sentences: number): void {
    if (sentences === this.#starts[this.#count - 1]) return;
    if (this.#count === this.#starts.length) {
      const larger = new Float64Array(this.#starts.length * 2);
      larger.set(this.#starts);
      this.#starts = larger;
    }
    this.#starts[this.#count++] = sentences;
  }

  /** Ends the last document; one entry more than documents. */
  finish(sentences: number): Float64Array {
    this.#end(sentences);
    return this.#starts.subarray(0, this.#count);
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
