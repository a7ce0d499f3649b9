/** @file Splits text into words and words into pieces: one pass over ASCII, the normalizer for the rest, a cache of words. */
import type { CodePointList } from "./code-point-list.js";
import { Normalizer, type NormalizerOptions } from "./normalizer.js";
import type { PieceSink } from "./piece-sink.js";
import { PieceTrie } from "./piece-trie.js";
import { CLASS_MASK, PUNCTUATION, SPACE, WORD } from "./unicode-tables.js";
import { requireToken, type Vocabulary } from "./vocabulary.js";

export interface WordPiecesOptions extends NormalizerOptions {
  /** Words of more code points become `unknownToken`. */
  readonly maxWordLength: number;
  readonly unknownToken: string;
}

/** Direct-mapped cache: a later word takes the slot of an earlier one, so memory is fixed and no text is slow for long. */
const CACHE_BITS = 15;
const CACHED_UNITS = 16;
const CACHED_PIECES = 8;
/** FNV-1a. */
const HASH_PRIME = 0x01000193;
const ASCII = 128;
const SLOW = 255;

export class WordPieces {
  readonly #trie: PieceTrie;
  readonly #normalizer: Normalizer;
  readonly #unknown: number;
  readonly #maxWordLength: number;
  /** Class of each ASCII unit: `WORD`, `SPACE`, `PUNCTUATION` or `SLOW`. */
  readonly #ascii = new Uint8Array(ASCII);
  /** Lower case of each ASCII unit where that is asked for. */
  readonly #folded = new Uint8Array(ASCII);
  /** The word at hand, normalized; at most `#maxWordLength` code points. */
  readonly #word: Uint16Array;
  readonly #cachedLength = new Uint8Array(1 << CACHE_BITS);
  readonly #cachedUnits = new Uint16Array(CACHED_UNITS << CACHE_BITS);
  readonly #cachedCount = new Uint8Array(1 << CACHE_BITS);
  readonly #cachedIds = new Int32Array(CACHED_PIECES << CACHE_BITS);
  /** Index of the next word of the text in hand. */
  #words = 0;

  constructor(vocabulary: Vocabulary, options: WordPiecesOptions) {
    this.#trie = new PieceTrie(vocabulary);
    this.#normalizer = new Normalizer(options);
    this.#unknown = requireToken(vocabulary, options.unknownToken);
    this.#maxWordLength = options.maxWordLength;
    this.#word = new Uint16Array(2 * this.#maxWordLength + 2);
    for (let unit = 0; unit < ASCII; unit++) {
      const kind = this.#normalizer.classOf(unit);
      this.#ascii[unit] = kind === WORD || kind === SPACE || kind === PUNCTUATION ? kind : SLOW;
      const upper = unit >= 65 && unit <= 90;
      this.#folded[unit] = options.lowercase && upper ? unit + 32 : unit;
    }
  }

  /** Units of a piece without its `##`. */
  unitsOf(id: number): number {
    return this.#trie.unitsOf[id]!;
  }

  /** Appends the pieces of `text[from, to)` to `sink`. `firstWord` is the index of its first word. Returns the next index. */
  append(text: string, from: number, to: number, sink: PieceSink, firstWord = 0): number {
    this.#words = firstWord;
    sink.reserve(to - from);
    let at = from;
    while (at < to) {
      const unit = text.charCodeAt(at);
      if (unit < ASCII && this.#ascii[unit] === SPACE) {
        at += 1;
        continue;
      }
      const mark = sink.length;
      const words = this.#words;
      const end = this.#appendAsciiChunk(text, at, to, sink);
      if (end >= 0) at = end;
      else {
        sink.length = mark;
        this.#words = words;
        at = this.#appendChunk(text, at, to, sink);
      }
    }
    return this.#words;
  }

  /** From a character that is no space up to the next space; −1 where something else than plain ASCII is met. */
  #appendAsciiChunk(text: string, from: number, to: number, sink: PieceSink): number {
    const word = this.#word;
    const ascii = this.#ascii;
    const folded = this.#folded;
    let at = from;
    while (at < to) {
      let unit = text.charCodeAt(at);
      if (unit >= ASCII) return -1;
      let kind = ascii[unit]!;
      if (kind === SPACE) return at;
      if (kind === SLOW) return -1;
      const start = at;
      let hash = 0;
      let length = 0;
      if (kind === PUNCTUATION) {
        word[length++] = unit;
        hash = Math.imul(unit, HASH_PRIME);
        at += 1;
      } else {
        do {
          const unitFolded = folded[unit]!;
          // Beyond the buffer the word is unknown whatever it holds.
          if (length < word.length) word[length] = unitFolded;
          length += 1;
          hash = Math.imul(hash ^ unitFolded, HASH_PRIME);
          if (++at === to) break;
          unit = text.charCodeAt(at);
          kind = unit < ASCII ? ascii[unit]! : SLOW;
        } while (kind === WORD);
        if (kind === SLOW) return -1;
      }
      const first = sink.length;
      this.#appendWord(length, length > this.#maxWordLength, hash, sink);
      if (sink.positions) this.#locateInRun(start, at, first, sink);
      this.#words += 1;
    }
    return at;
  }

  #locateInRun(start: number, end: number, first: number, sink: PieceSink): void {
    let position = start;
    for (let index = first; index < sink.length; index++) {
      const id = sink.ids[index]!;
      sink.starts[index] = position;
      position = id === this.#unknown ? end : position + this.#trie.unitsOf[id]!;
      sink.ends[index] = position;
      sink.words[index] = this.#words;
    }
  }

  /** From a character that is no ASCII space up to the next space of any kind; returns where it ends. */
  #appendChunk(text: string, from: number, to: number, sink: PieceSink): number {
    const end = this.#normalizer.findSpace(text, from, to);
    this.#normalizer.run(text, from, end, (part) => this.#appendPart(part, sink));
    return end < to ? end + 1 : end;
  }

  #appendPart(part: CodePointList, sink: PieceSink): void {
    const { flags } = this.#normalizer.tables;
    sink.reserve(part.length);
    for (let at = 0; at < part.length; ) {
      const start = at;
      let known = true;
      let length = 0;
      let hash = 0;
      do {
        const point = part.points[at]!;
        if (at > start && (flags[point]! & CLASS_MASK) === PUNCTUATION) break;
        // No token holds a lone surrogate, and two that meet after the cleaning must not become a pair.
        if (point >= 0xd800 && point <= 0xdfff) known = false;
        if (at - start < this.#maxWordLength) {
          if (point > 0xffff) {
            const high = 0xd800 + ((point - 0x10000) >> 10);
            this.#word[length++] = high;
            hash = Math.imul(hash ^ high, HASH_PRIME);
          }
          const low = point > 0xffff ? 0xdc00 + ((point - 0x10000) & 0x3ff) : point;
          this.#word[length++] = low;
          hash = Math.imul(hash ^ low, HASH_PRIME);
        }
        at += 1;
      } while (at < part.length && (flags[part.points[at - 1]!]! & CLASS_MASK) !== PUNCTUATION);
      const first = sink.length;
      this.#appendWord(length, !known || at - start > this.#maxWordLength, hash, sink);
      if (sink.positions) this.#locateInPart(part, start, at, first, sink);
      this.#words += 1;
    }
  }

  #locateInPart(part: CodePointList, from: number, to: number, first: number, sink: PieceSink): void {
    let point = from;
    for (let index = first; index < sink.length; index++) {
      const id = sink.ids[index]!;
      const start = point;
      if (id === this.#unknown) point = to;
      else
        for (let units = this.#trie.unitsOf[id]!; units > 0; point++)
          units -= part.points[point]! > 0xffff ? 2 : 1;
      sink.starts[index] = part.starts[start]!;
      sink.ends[index] = part.ends[point - 1]!;
      sink.words[index] = this.#words;
    }
  }

  /** The pieces of `#word[0, length)`. */
  #appendWord(length: number, unknown: boolean, hash: number, sink: PieceSink): void {
    if (unknown) {
      sink.ids[sink.length++] = this.#unknown;
      return;
    }
    if (length > CACHED_UNITS) {
      this.#appendPieces(length, sink);
      return;
    }
    const word = this.#word;
    const slot = Math.imul(hash ^ (hash >>> 15), 0x9e3779b1) >>> (32 - CACHE_BITS);
    const ids = sink.ids;
    if (this.#cachedLength[slot] === length) {
      const units = slot * CACHED_UNITS;
      let same = 0;
      while (same < length && this.#cachedUnits[units + same] === word[same]) same += 1;
      if (same === length) {
        const from = slot * CACHED_PIECES;
        const to = from + this.#cachedCount[slot]!;
        let target = sink.length;
        for (let index = from; index < to; index++) ids[target++] = this.#cachedIds[index]!;
        sink.length = target;
        return;
      }
    }
    const first = sink.length;
    this.#appendPieces(length, sink);
    const count = sink.length - first;
    if (count > CACHED_PIECES) return;
    this.#cachedLength[slot] = length;
    for (let index = 0; index < length; index++)
      this.#cachedUnits[slot * CACHED_UNITS + index] = word[index]!;
    this.#cachedCount[slot] = count;
    for (let index = 0; index < count; index++)
      this.#cachedIds[slot * CACHED_PIECES + index] = ids[first + index]!;
  }

  /** Greedy longest match first (tokenization.py:319–359): one `[UNK]` for a word that has no full cover. */
  #appendPieces(length: number, sink: PieceSink): void {
    const first = sink.length;
    for (let from = 0; from < length; ) {
      const id = this.#trie.longest(this.#word, from, length);
      if (id < 0) {
        sink.length = first;
        sink.ids[sink.length++] = this.#unknown;
        return;
      }
      sink.ids[sink.length++] = id;
      from += this.#trie.unitsOf[id]!;
    }
  }
}
