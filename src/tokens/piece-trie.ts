/** @file Longest-match lookup of word pieces over UTF-16 units: a double-array trie (Aoe 1989), one cache line of the processor a step. */
import type { Vocabulary } from "./vocabulary.js";

export const CONTINUATION_PREFIX = "##";

/**
 * A node is a cell of four ints; a node is named by the index of its first. The child of node n by the unit of code c is the cell
 * `base of n + c`, if n is the parent that stands there.
 */
export const CELL_BITS = 2;
const CELL = 1 << CELL_BITS;
export const PARENT_AT = 0;
export const BASE_AT = 1;
/** id + 1 of the token that ends here; 0 for none. */
export const ID_AT = 2;
/** Instead of a parent: of a cell without a node, and of the roots. */
const FREE = -1;
const NO_PARENT = -2;
/** Beginnings of words, and of pieces that continue one. */
export const START = 0;
export const CONTINUATION = CELL;

type Piece = readonly [text: string, id: number];

/** The sorted pieces `[from, to)`, which have their first `depth` units in common, and the node of these. */
interface Subtree {
  readonly node: number;
  readonly from: number;
  readonly to: number;
  readonly depth: number;
}

export class PieceTrie {
  /** Units of each token without its `##`. */
  readonly unitsOf: Uint16Array;
  /** uint16[65536]: the code of each unit; 0 for those that no token has. */
  readonly codeOf = new Uint16Array(1 << 16);
  #cells: Int32Array;
  /** No cell before this one is free. */
  #firstFree = 2 * CELL;
  #end = 2 * CELL;

  constructor(vocabulary: Vocabulary) {
    const { tokens } = vocabulary;
    this.unitsOf = new Uint16Array(tokens.length);
    const starts: Piece[] = [];
    const continuations: Piece[] = [];
    for (const [id, token] of tokens.entries()) {
      const continues = token.length > CONTINUATION_PREFIX.length && token.startsWith(CONTINUATION_PREFIX);
      const text = continues ? token.slice(CONTINUATION_PREFIX.length) : token;
      this.unitsOf[id] = text.length;
      if (text !== "") (continues ? continuations : starts).push([text, id]);
    }
    const codes = this.#assignCodes(tokens);
    this.#cells = new Int32Array(CELL * (codes + 4 * tokens.length)).fill(FREE);
    this.#cells.set([NO_PARENT, 0, 0, 0, NO_PARENT, 0, 0, 0]);
    this.#putPieces(START, starts);
    this.#putPieces(CONTINUATION, continuations);
    // A step by the highest code from the highest base must stay inside.
    this.#reserve(this.#end + CELL * codes);
    this.#cells = this.#cells.slice(0, this.#end + CELL * codes);
  }

  /** Frequent units get low codes, so that their cells lie close together. Returns how many codes there are, 0 included. */
  #assignCodes(tokens: readonly string[]): number {
    const counts = new Uint32Array(1 << 16);
    for (const token of tokens) for (let at = 0; at < token.length; at++) counts[token.charCodeAt(at)]! += 1;
    const units = [...counts.keys()].filter((unit) => counts[unit]! > 0);
    units.sort((left, right) => counts[right]! - counts[left]!);
    for (const [index, unit] of units.entries()) this.codeOf[unit] = index + 1;
    return units.length + 1;
  }

  /** Puts `pieces`, which are then sorted, below `root`. */
  #putPieces(root: number, pieces: Piece[]): void {
    pieces.sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0));
    const open: Subtree[] = [{ node: root, from: 0, to: pieces.length, depth: 0 }];
    for (let next = open.pop(); next !== undefined; next = open.pop())
      if (next.from < next.to) open.push(...this.#putChildren(pieces, next));
  }

  get cells(): Int32Array {
    return this.#cells;
  }

  /** Puts the children of a node; returns what is to be put below them. */
  #putChildren(pieces: readonly Piece[], { node, from, to, depth }: Subtree): Subtree[] {
    const groups: { code: number; from: number; to: number }[] = [];
    for (let at = from; at < to; at++) {
      const code = this.codeOf[pieces[at]![0].charCodeAt(depth)]!;
      const last = groups.at(-1);
      if (last?.code === code) last.to = at + 1;
      else groups.push({ code, from: at, to: at + 1 });
    }
    const base = this.#findBase(groups.map(({ code }) => code));
    this.#cells[node + BASE_AT] = base;
    return groups.map((group) => {
      const child = base + CELL * group.code;
      this.#cells.set([node, 0, 0, 0], child);
      let first = group.from;
      // The piece that ends here sorts first.
      for (; first < group.to && pieces[first]![0].length === depth + 1; first++)
        this.#cells[child + ID_AT] = pieces[first]![1] + 1;
      return { node: child, from: first, to: group.to, depth: depth + 1 };
    });
  }

  /** The lowest place from which the cells of all `codes` are free. */
  #findBase(codes: readonly number[]): number {
    let lowest = codes[0]!;
    let highest = codes[0]!;
    for (const code of codes) {
      lowest = Math.min(lowest, code);
      highest = Math.max(highest, code);
    }
    this.#reserve(this.#firstFree + CELL);
    while (this.#cells[this.#firstFree] !== FREE) {
      this.#firstFree += CELL;
      this.#reserve(this.#firstFree + CELL);
    }
    for (let base = Math.max(0, this.#firstFree - CELL * lowest); ; base += CELL) {
      this.#reserve(base + CELL * (highest + 2));
      if (codes.some((code) => this.#cells[base + CELL * code] !== FREE)) continue;
      this.#end = Math.max(this.#end, base + CELL * (highest + 1));
      return base;
    }
  }

  #reserve(length: number): void {
    if (length <= this.#cells.length) return;
    const larger = new Int32Array(2 * length).fill(FREE);
    larger.set(this.#cells);
    this.#cells = larger;
  }

  /**
   * Greedy longest match first (tokenization.py:319–359): writes the ids of the pieces of the word `codes[0, length)` to `ids` from `at` on.
   * @returns where they end; −1 for a word that has no full cover
   */
  cover(codes: Uint16Array, length: number, ids: Int32Array, at: number): number {
    const cells = this.#cells;
    let next = at;
    let root = START;
    for (let from = 0; from < length; ) {
      let node = root;
      let found = 0;
      let end = from;
      for (let index = from; index < length; index++) {
        const child = cells[node + BASE_AT]! + (codes[index]! << CELL_BITS);
        if (cells[child + PARENT_AT] !== node) break;
        node = child;
        const id = cells[child + ID_AT]!;
        if (id !== 0) {
          found = id;
          end = index + 1;
        }
      }
      if (found === 0) return -1;
      ids[next++] = found - 1;
      from = end;
      root = CONTINUATION;
    }
    return next;
  }
}
