/** @file Longest-match lookup of word pieces over UTF-16 units: a trie whose edges lie in one open-addressed hash table. */
import type { Vocabulary } from "./vocabulary.js";

const START = 0;
const CONTINUATION = 1;
export const CONTINUATION_PREFIX = "##";

/** An edge is four ints side by side, so that following it touches one line of the processor's cache. */
const SLOT_BITS = 2;
const UNIT_AT = 1;
const TARGET_AT = 2;
/** id + 1 of the token that ends where the edge leads to; 0 for none. */
const ID_AT = 3;

export class PieceTrie {
  /** Units of each token without its `##`. */
  readonly unitsOf: Uint16Array;
  /** Source node, unit, target node, id + 1; a target of 0 marks a free slot (no edge leads to a root). */
  #edges: Int32Array;
  #mask: number;

  constructor(vocabulary: Vocabulary) {
    const { tokens } = vocabulary;
    this.unitsOf = new Uint16Array(tokens.length);
    let units = 0;
    for (const token of tokens) units += token.length;
    this.#mask = sizeFor(units) - 1;
    this.#edges = new Int32Array((this.#mask + 1) << SLOT_BITS);
    let nodes = 2;
    for (let id = 0; id < tokens.length; id++) {
      const token = tokens[id]!;
      const continues = token.length > CONTINUATION_PREFIX.length && token.startsWith(CONTINUATION_PREFIX);
      const from = continues ? CONTINUATION_PREFIX.length : 0;
      let node = continues ? CONTINUATION : START;
      let slot = 0;
      for (let at = from; at < token.length; at++) {
        slot = this.#slot(node, token.charCodeAt(at));
        if (this.#edges[slot + TARGET_AT] === 0) this.#put(slot, node, token.charCodeAt(at), nodes++, 0);
        node = this.#edges[slot + TARGET_AT]!;
      }
      this.#edges[slot + ID_AT] = id + 1;
      this.unitsOf[id] = token.length - from;
    }
    this.#shrink(nodes);
  }

  /** Shared beginnings make far fewer edges than units; a small table is found in a nearer cache. */
  #shrink(nodes: number): void {
    const larger = this.#edges;
    this.#mask = sizeFor(nodes) - 1;
    this.#edges = new Int32Array((this.#mask + 1) << SLOT_BITS);
    for (let at = 0; at < larger.length; at += 1 << SLOT_BITS) {
      const target = larger[at + TARGET_AT]!;
      if (target === 0) continue;
      const node = larger[at]!;
      const unit = larger[at + UNIT_AT]!;
      this.#put(this.#slot(node, unit), node, unit, target, larger[at + ID_AT]!);
    }
  }

  #put(slot: number, node: number, unit: number, target: number, id: number): void {
    this.#edges[slot] = node;
    this.#edges[slot + UNIT_AT] = unit;
    this.#edges[slot + TARGET_AT] = target;
    this.#edges[slot + ID_AT] = id;
  }

  /** Slot of the edge, or the free slot where it belongs. */
  #slot(node: number, unit: number): number {
    const edges = this.#edges;
    const mask = this.#mask;
    let slot = firstSlot(node, unit) & mask;
    while (edges[(slot << SLOT_BITS) + TARGET_AT] !== 0) {
      if (edges[slot << SLOT_BITS] === node && edges[(slot << SLOT_BITS) + UNIT_AT] === unit) break;
      slot = (slot + 1) & mask;
    }
    return slot << SLOT_BITS;
  }

  /** Id of the longest piece that `units[from, to)` begins with; −1 for none. `from` 0 asks for the start of a word. */
  longest(units: Uint16Array, from: number, to: number): number {
    const edges = this.#edges;
    const mask = this.#mask;
    let node = from === 0 ? START : CONTINUATION;
    let found = 0;
    for (let at = from; at < to; at++) {
      const unit = units[at]!;
      let slot = firstSlot(node, unit) & mask;
      let edge = slot << SLOT_BITS;
      // The search of `#slot`, spelled out: this loop is all the work on words that are met for the first time.
      while (edges[edge + TARGET_AT] !== 0 && (edges[edge] !== node || edges[edge + UNIT_AT] !== unit)) {
        slot = (slot + 1) & mask;
        edge = slot << SLOT_BITS;
      }
      node = edges[edge + TARGET_AT]!;
      if (node === 0) break;
      const id = edges[edge + ID_AT]!;
      if (id !== 0) found = id;
    }
    return found - 1;
  }
}

function firstSlot(node: number, unit: number): number {
  return (Math.imul(node, 0x9e3779b1) ^ Math.imul(unit, 0x85ebca6b)) >>> 9;
}

/** A power of two, at most half full with `edges`. */
function sizeFor(edges: number): number {
  return 2 ** Math.ceil(Math.log2(2 * edges + 2));
}
