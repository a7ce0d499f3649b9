/** @file Splits text into words and words into pieces: one pass over ASCII, the normalizer for the rest, a cache of words. */
import { type AsciiWordRules, BYTE } from "./ascii-lines-code.js";
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

/**
 * Direct-mapped cache of short ASCII words: a later word takes the slot of an earlier one, so memory is fixed. A slot is one
 * line of the processor's cache: four ints of letters, the number of pieces, the pieces. Two tags of a slot lie apart: eight bits of the
 * hash of the word that it holds, and of the last one that it did not. A word takes the slot when it is met again, so words
 * that come once neither read nor write the cache.
 */
const CACHE_BITS = 14;
const SLOT_BITS = 4;
const CACHED_UNITS = 16;
const COUNT_AT = 4;
const IDS_AT = 5;
const CACHED_PIECES = (1 << SLOT_BITS) - IDS_AT;
const ASCII = 128;
/** Codes of ASCII units in `#codes`; a letter has its own code, lower-cased where that is asked for, which is never below 32. */
const SLOW_CODE = 0;
const SPACE_CODE = 1;
const PUNCTUATION_CODE = 2;
const FIRST_LETTER_CODE = 32;

/** Tables by byte, in the form of `AsciiLinesLayout`. */
export interface AsciiWords {
  readonly kinds: Uint8Array;
  readonly letters: Uint16Array;
  readonly punctuation: Int32Array;
  readonly cells: Int32Array;
  readonly rules: AsciiWordRules;
}

export class WordPieces {
  readonly #trie: PieceTrie;
  readonly #normalizer: Normalizer;
  readonly #unknown: number;
  readonly #maxWordLength: number;
  readonly #lowercase: boolean;
  readonly #codes = new Uint8Array(ASCII);
  /** The piece of each ASCII punctuation mark. */
  readonly #punctuation = new Int32Array(ASCII);
  /** The codes of the word at hand, normalized; at most `#maxWordLength` code points. */
  readonly #word: Uint16Array;
  readonly #cache = new Int32Array(1 << (CACHE_BITS + SLOT_BITS));
  readonly #tags = new Uint16Array(1 << CACHE_BITS);
  /** Code in the trie of each ASCII letter, lower-cased where that is asked for. */
  readonly #letters = new Uint16Array(ASCII);
  /** Index of the next word of the text in hand. */
  #words = 0;

  constructor(vocabulary: Vocabulary, options: WordPiecesOptions) {
    this.#trie = new PieceTrie(vocabulary);
    this.#normalizer = new Normalizer(options);
    this.#unknown = requireToken(vocabulary, options.unknownToken);
    this.#maxWordLength = options.maxWordLength;
    this.#lowercase = options.lowercase;
    this.#word = new Uint16Array(2 * this.#maxWordLength + 2);
    for (let unit = 0; unit < ASCII; unit++) {
      const kind = this.#normalizer.classOf(unit);
      const folded = options.lowercase && unit >= 65 && unit <= 90 ? unit + 32 : unit;
      if (kind === SPACE) this.#codes[unit] = SPACE_CODE;
      else if (kind === PUNCTUATION) this.#codes[unit] = PUNCTUATION_CODE;
      else this.#codes[unit] = kind === WORD && folded >= FIRST_LETTER_CODE ? folded : SLOW_CODE;
      this.#letters[unit] = this.#trie.codeOf[folded]!;
      this.#punctuation[unit] =
        vocabulary.idOf.get(String.fromCharCode(unit)) ?? requireToken(vocabulary, options.unknownToken);
    }
  }

  /** What the kernel for lines of ASCII has to know. */
  asciiWords(): AsciiWords {
    const isLetter = (byte: number): boolean =>
      this.#codes[byte]! >= FIRST_LETTER_CODE && /[A-Za-z0-9]/.test(String.fromCharCode(byte));
    return {
      kinds: Uint8Array.from({ length: 256 }, (_, byte) => {
        if (byte >= ASCII) return BYTE.slow;
        if (isLetter(byte)) return BYTE.letter;
        if (this.#codes[byte] === SPACE_CODE) return BYTE.space;
        return this.#codes[byte] === PUNCTUATION_CODE ? BYTE.punctuation : BYTE.slow;
      }),
      letters: Uint16Array.from({ length: 256 }, (_, byte) =>
        byte < ASCII && isLetter(byte) ? this.#letters[byte]! : 0,
      ),
      punctuation: this.#punctuation,
      cells: this.#trie.cells,
      rules: { lowercase: this.#lowercase, maxWordLength: this.#maxWordLength, unknownId: this.#unknown },
    };
  }

  /** Units of a piece without its `##`. */
  unitsOf(id: number): number {
    return this.#trie.unitsOf[id]!;
  }

  /** Appends the pieces of `text[from, to)` to `sink`. `firstWord` is the index of its first word. Returns the next index. */
  append(text: string, from: number, to: number, sink: PieceSink, firstWord = 0): number {
    this.#words = firstWord;
    sink.reserve(to - from);
    for (let at = from; at < to; ) at = this.#appendAscii(text, at, to, sink);
    return this.#words;
  }

  /** The way of plain ASCII. Something else hands the chunk between spaces, from its start, to the normalizer; returns where it ends. */
  #appendAscii(text: string, from: number, to: number, sink: PieceSink): number {
    const codes = this.#codes;
    const cache = this.#cache;
    const tags = this.#tags;
    const { ids, positions } = sink;
    let length = sink.length;
    let words = this.#words;
    let chunk = from;
    let chunkLength = length;
    let chunkWords = words;
    for (let at = from; at < to; ) {
      let unit = text.charCodeAt(at);
      let code = unit < ASCII ? codes[unit]! : SLOW_CODE;
      const start = at;
      const before = length;
      if (code >= FIRST_LETTER_CODE) {
        let first = 0;
        let second = 0;
        let third = 0;
        let fourth = 0;
        let units = 0;
        do {
          const packed = code << ((units & 3) << 3);
          if (units < 4) first |= packed;
          else if (units < 8) second |= packed;
          else if (units < 12) third |= packed;
          else if (units < 16) fourth |= packed;
          units += 1;
          if (++at === to) break;
          unit = text.charCodeAt(at);
          code = unit < ASCII ? codes[unit]! : SLOW_CODE;
        } while (code >= FIRST_LETTER_CODE);
        if (at < to && code === SLOW_CODE) {
          sink.length = chunkLength;
          this.#words = chunkWords;
          return this.#appendChunk(text, chunk, to, sink);
        }
        let hash = Math.imul(first, 0x9e3779b1) ^ Math.imul(second, 0x85ebca6b);
        hash ^= Math.imul(third, 0xc2b2ae35) ^ Math.imul(fourth, 0x27d4eb2f);
        hash = Math.imul(hash ^ (hash >>> 15), 0x9e3779b1);
        const place = hash >>> (32 - CACHE_BITS);
        const slot = place << SLOT_BITS;
        // Never 0, which marks a slot without a word.
        const tag = (hash & 0xff) | 1;
        const known = tags[place]!;
        if (
          (known & 0xff) === tag &&
          units <= CACHED_UNITS &&
          cache[slot] === first &&
          cache[slot + 1] === second &&
          cache[slot + 2] === third &&
          cache[slot + 3] === fourth
        ) {
          const end = slot + IDS_AT + cache[slot + COUNT_AT]!;
          for (let index = slot + IDS_AT; index < end; index++) ids[length++] = cache[index]!;
        } else {
          sink.length = length;
          this.#appendAsciiWord(text, start, at, sink);
          length = sink.length;
          const count = length - before;
          if (units > CACHED_UNITS || count > CACHED_PIECES) {
            // Too long for a slot.
          } else if (known >>> 8 !== tag) tags[place] = (tag << 8) | (known & 0xff);
          else {
            tags[place] = (known & 0xff00) | tag;
            cache[slot] = first;
            cache[slot + 1] = second;
            cache[slot + 2] = third;
            cache[slot + 3] = fourth;
            cache[slot + COUNT_AT] = count;
            for (let index = 0; index < count; index++) cache[slot + IDS_AT + index] = ids[before + index]!;
          }
        }
      } else if (code === PUNCTUATION_CODE) {
        ids[length++] = this.#punctuation[unit]!;
        at += 1;
      } else if (code === SPACE_CODE) {
        at += 1;
        chunk = at;
        chunkLength = length;
        chunkWords = words;
        continue;
      } else {
        sink.length = chunkLength;
        this.#words = chunkWords;
        return this.#appendChunk(text, chunk, to, sink);
      }
      if (positions) this.#locateInRun(start, at, sink, before, length, words);
      words += 1;
    }
    sink.length = length;
    this.#words = words;
    return to;
  }

  /** The pieces of the ASCII letters `text[start, end)`. */
  #appendAsciiWord(text: string, start: number, end: number, sink: PieceSink): void {
    const length = end - start;
    if (length > this.#maxWordLength) {
      sink.ids[sink.length++] = this.#unknown;
      return;
    }
    const word = this.#word;
    const letters = this.#letters;
    for (let index = 0; index < length; index++) word[index] = letters[text.charCodeAt(start + index)]!;
    this.#appendPieces(length, sink);
  }

  /** Places the pieces `[first, length)` of the word `text[start, end)`. */
  #locateInRun(
    start: number,
    end: number,
    sink: PieceSink,
    first: number,
    length: number,
    word: number,
  ): void {
    let position = start;
    for (let index = first; index < length; index++) {
      const id = sink.ids[index]!;
      sink.starts[index] = position;
      position = id === this.#unknown ? end : position + this.#trie.unitsOf[id]!;
      sink.ends[index] = position;
      sink.words[index] = word;
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
    const word = this.#word;
    const { codeOf } = this.#trie;
    sink.reserve(part.length);
    for (let at = 0; at < part.length; ) {
      const start = at;
      let known = true;
      let length = 0;
      do {
        const point = part.points[at]!;
        if (at > start && (flags[point]! & CLASS_MASK) === PUNCTUATION) break;
        // No token holds a lone surrogate, and two that meet after the cleaning must not become a pair.
        if (point >= 0xd800 && point <= 0xdfff) known = false;
        if (at - start < this.#maxWordLength) {
          if (point > 0xffff) word[length++] = codeOf[0xd800 + ((point - 0x10000) >> 10)]!;
          word[length++] = codeOf[point > 0xffff ? 0xdc00 + ((point - 0x10000) & 0x3ff) : point]!;
        }
        at += 1;
      } while (at < part.length && (flags[part.points[at - 1]!]! & CLASS_MASK) !== PUNCTUATION);
      const first = sink.length;
      if (known && at - start <= this.#maxWordLength) this.#appendPieces(length, sink);
      else sink.ids[sink.length++] = this.#unknown;
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

  /** The pieces of the word at hand; one `[UNK]` for a word that has no full cover. */
  #appendPieces(length: number, sink: PieceSink): void {
    const end = this.#trie.cover(this.#word, length, sink.ids, sink.length);
    if (end === -1) sink.ids[sink.length++] = this.#unknown;
    else sink.length = end;
  }
}
