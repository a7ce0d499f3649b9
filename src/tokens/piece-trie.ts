/** @file Longest-match lookup of word pieces over UTF-16 units: a trie whose edges lie in one open-addressed hash table. */
import type { Vocabulary } from "./vocabulary.js";

const START = 0;
const CONTINUATION = 1;
export const CONTINUATION_PREFIX = "##";

export class PieceTrie {
  /** Units of each token without its `##`. */
  readonly unitsOf: Uint16Array;
  readonly #mask: number;
  /** Edge table; `#target` 0 marks a free slot (no edge leads to the root). */
  readonly #source: Int32Array;
  readonly #unit: Uint16Array;
  readonly #target: Int32Array;
  /** id + 1 of the token that ends at a node; 0 for none. */
  readonly #idAt: Int32Array;

  constructor(vocabulary: Vocabulary) {
    const { tokens } = vocabulary;
    this.unitsOf = new Uint16Array(tokens.length);
    let units = 0;
    for (const token of tokens) units += token.length;
    const size = 2 ** Math.ceil(Math.log2(2 * units + 2));
    this.#mask = size - 1;
    this.#source = new Int32Array(size);
    this.#unit = new Uint16Array(size);
    this.#target = new Int32Array(size);
    this.#idAt = new Int32Array(units + 2);
    let nodes = 2;
    for (let id = 0; id < tokens.length; id++) {
      const token = tokens[id]!;
      const continues = token.length > CONTINUATION_PREFIX.length && token.startsWith(CONTINUATION_PREFIX);
      const from = continues ? CONTINUATION_PREFIX.length : 0;
      let node = continues ? CONTINUATION : START;
      for (let at = from; at < token.length; at++) {
        const slot = this.#slot(node, token.charCodeAt(at));
        if (this.#target[slot] === 0) {
          this.#source[slot] = node;
          this.#unit[slot] = token.charCodeAt(at);
          this.#target[slot] = nodes++;
        }
        node = this.#target[slot]!;
      }
      this.#idAt[node] = id + 1;
      this.unitsOf[id] = token.length - from;
    }
  }

  /** Slot of the edge, or the free slot where it belongs. */
  #slot(node: number, unit: number): number {
    let slot = (Math.imul(node, 0x9e3779b1) ^ Math.imul(unit, 0x85ebca6b)) >>> 7;
    for (slot &= this.#mask; this.#target[slot] !== 0; slot = (slot + 1) & this.#mask)
      if (this.#source[slot] === node && this.#unit[slot] === unit) break;
    return slot;
  }

  /** Id of the longest piece that `units[from, to)` begins with; −1 for none. `from` 0 asks for the start of a word. */
  longest(units: Uint16Array, from: number, to: number): number {
    let node = from === 0 ? START : CONTINUATION;
    let found = 0;
    for (let at = from; at < to; at++) {
      const slot = this.#slot(node, units[at]!);
      node = this.#target[slot]!;
      if (node === 0) break;
      const id = this.#idAt[node]!;
      if (id !== 0) found = id;
    }
    return found - 1;
  }
}
