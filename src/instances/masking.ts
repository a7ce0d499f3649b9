/** @file The masked-LM half of an instance (create_pretraining_data.py:335–415), draw by draw. */
import type { Mt19937 } from "../util/mt19937.js";
import type { InstanceSource } from "./instance-maker.js";
import type { IdArray } from "./instance-record.js";
import type { InstanceSettings } from "./settings.js";

/** What masking needs to know of the vocabulary. */
export interface MaskingVocabulary {
  readonly size: number;
  readonly classificationId: number;
  readonly separatorId: number;
  readonly maskId: number;
  /** uint8[V]: 1 for a token that begins with `##`. */
  readonly continues: Uint8Array;
}

/** Half to even, as `round()` of Python 3 has it. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const part = value - floor;
  return part < 0.5 || (part === 0.5 && floor % 2 === 0) ? floor : floor + 1;
}

/** Masks one instance after another in the same buffers. */
export class Masker {
  /** The masked positions of the last instance, ascending, and their original ids; `count` of them are good. */
  readonly positions: Int32Array;
  readonly labels: Int32Array;
  count = 0;
  /** Of the last instance's masked tokens: replaced by `[MASK]`, by a random word, left as they were. */
  replacedByMask = 0;
  replacedByRandom = 0;
  kept = 0;
  readonly #settings: InstanceSettings;
  readonly #vocabulary: MaskingVocabulary;
  readonly #random: Mt19937;
  /** Every position but the first, the last and the end of the first segment may be masked. */
  readonly #plain: boolean;
  /** Positions of pieces that may be masked; with `wholeWord`, of the first pieces of words. */
  readonly #candidates: Int32Array;
  /** First position after the word that begins at a position. */
  readonly #wordEnds: Int32Array;
  /** One bit for each masked position, and what stood there. */
  readonly #marks: Int32Array;
  readonly #originals: Int32Array;

  constructor({ settings, vocabulary, plain }: Omit<InstanceSource, "store" | "documents">, random: Mt19937) {
    this.#settings = settings;
    this.#plain = plain && !settings.wholeWord;
    this.#vocabulary = vocabulary;
    this.#random = random;
    this.positions = new Int32Array(settings.maxPredictions);
    this.labels = new Int32Array(settings.maxPredictions);
    this.#candidates = new Int32Array(settings.maxLength);
    this.#wordEnds = new Int32Array(settings.maxLength + 1);
    this.#marks = new Int32Array((settings.maxLength + 31) >>> 5);
    this.#originals = new Int32Array(settings.maxLength);
  }

  /** Masks `ids[0, length)`, of which `firstLength` are in the first segment, in place. */
  mask(ids: IdArray, length: number, firstLength: number): void {
    const { maxPredictions, maskedShare } = this.#settings;
    const wanted = Math.min(maxPredictions, Math.max(1, roundHalfEven(length * maskedShare)));
    this.count = 0;
    this.replacedByMask = 0;
    this.replacedByRandom = 0;
    this.kept = 0;
    if (this.#plain) this.#maskPlain(ids, length, firstLength, wanted);
    else this.#maskCandidates(ids, length, wanted);
    this.#listMasked();
  }

  #maskPlain(ids: IdArray, length: number, firstLength: number, wanted: number): void {
    const candidates = length - 3;
    const order = this.#random.shuffledRange(candidates);
    const most = Math.min(candidates, wanted);
    for (let index = 0; index < most; index++) {
      const candidate = order[index]!;
      this.#maskPiece(ids, candidate < firstLength - 2 ? candidate + 1 : candidate + 2);
    }
  }

  #maskCandidates(ids: IdArray, length: number, wanted: number): void {
    const { wholeWord } = this.#settings;
    const candidates = wholeWord ? this.#collectWords(ids, length) : this.#collectPieces(ids, length);
    const order = this.#random.shuffledRange(candidates);
    for (let index = 0; index < candidates && this.count < wanted; index++) {
      const position = this.#candidates[order[index]!]!;
      if (wholeWord) this.#maskWord(ids, position, wanted - this.count);
      else this.#maskPiece(ids, position);
    }
  }

  #collectPieces(ids: IdArray, length: number): number {
    const { classificationId, separatorId } = this.#vocabulary;
    const candidates = this.#candidates;
    let count = 0;
    for (let position = 0; position < length; position++) {
      const id = ids[position]!;
      if (id !== classificationId && id !== separatorId) candidates[count++] = position;
    }
    return count;
  }

  /** First positions of the words that may be masked. A word may lie on both sides of a [SEP], as it does in the script. */
  #collectWords(ids: IdArray, length: number): number {
    const { classificationId, separatorId, continues } = this.#vocabulary;
    let candidates = 0;
    for (let position = 0; position < length; position++) {
      const id = ids[position]!;
      if (id === classificationId || id === separatorId) continue;
      if (candidates === 0 || continues[id] === 0) this.#candidates[candidates++] = position;
      this.#wordEnds[this.#candidates[candidates - 1]!] = position + 1;
    }
    return candidates;
  }

  /** Masks the word at `start` unless it has more than `room` pieces. */
  #maskWord(ids: IdArray, start: number, room: number): void {
    const { classificationId, separatorId } = this.#vocabulary;
    const end = this.#wordEnds[start]!;
    let pieces = 0;
    for (let position = start; position < end; position++)
      if (ids[position] !== classificationId && ids[position] !== separatorId) pieces += 1;
    if (pieces > room) return;
    for (let position = start; position < end; position++)
      if (ids[position] !== classificationId && ids[position] !== separatorId) this.#maskPiece(ids, position);
  }

  #maskPiece(ids: IdArray, position: number): void {
    const random = this.#random;
    this.count += 1;
    this.#originals[position] = ids[position]!;
    this.#marks[position >>> 5]! |= 1 << (position & 31);
    if (random.random() < 0.8) {
      ids[position] = this.#vocabulary.maskId;
      this.replacedByMask += 1;
    } else if (random.coin()) this.kept += 1;
    else {
      ids[position] = random.below(this.#vocabulary.size);
      this.replacedByRandom += 1;
    }
  }

  /** Lists what was masked in the order of the positions. */
  #listMasked(): void {
    const { positions, labels } = this;
    const marks = this.#marks;
    this.count = 0;
    for (let word = 0; word < marks.length; word++) {
      for (let bits = marks[word]!; bits !== 0; bits &= bits - 1) {
        const position = 32 * word + 31 - Math.clz32(bits & -bits);
        positions[this.count] = position;
        labels[this.count++] = this.#originals[position]!;
      }
      marks[word] = 0;
    }
  }
}
