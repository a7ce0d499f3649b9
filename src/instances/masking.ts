/** @file The masked-LM half of an instance (create_pretraining_data.py:335–415), draw by draw. */
import type { Mt19937 } from "../util/mt19937.js";
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
  /** Candidate words: positions `[#candidates[c], …)` up to the next word; single pieces without `wholeWord`. */
  readonly #candidates: Int32Array;
  /** First position after the word that begins at a position. */
  readonly #wordEnds: Int32Array;

  constructor(settings: InstanceSettings, vocabulary: MaskingVocabulary, random: Mt19937) {
    this.#settings = settings;
    this.#vocabulary = vocabulary;
    this.#random = random;
    this.positions = new Int32Array(settings.maxPredictions);
    this.labels = new Int32Array(settings.maxPredictions);
    this.#candidates = new Int32Array(settings.maxLength);
    this.#wordEnds = new Int32Array(settings.maxLength + 1);
  }

  /** Masks `ids[0, length)` in place. */
  mask(ids: Int32Array, length: number): void {
    const { maxPredictions, maskedShare } = this.#settings;
    const wanted = Math.min(maxPredictions, Math.max(1, roundHalfEven(length * maskedShare)));
    const candidates = this.#collectCandidates(ids, length);
    this.#random.shuffle(this.#candidates, candidates);
    this.count = 0;
    this.replacedByMask = 0;
    this.replacedByRandom = 0;
    this.kept = 0;
    for (let index = 0; index < candidates && this.count < wanted; index++)
      this.#maskWord(ids, this.#candidates[index]!, wanted - this.count);
  }

  /** First positions of the words that may be masked. A word may lie on both sides of a [SEP], as it does in the script. */
  #collectCandidates(ids: Int32Array, length: number): number {
    const { classificationId, separatorId, continues } = this.#vocabulary;
    const { wholeWord } = this.#settings;
    let candidates = 0;
    for (let position = 0; position < length; position++) {
      const id = ids[position]!;
      if (id === classificationId || id === separatorId) continue;
      if (!wholeWord || candidates === 0 || continues[id] === 0) this.#candidates[candidates++] = position;
      this.#wordEnds[this.#candidates[candidates - 1]!] = position + 1;
    }
    return candidates;
  }

  /** Masks the word at `start` unless it has more than `room` pieces. */
  #maskWord(ids: Int32Array, start: number, room: number): void {
    const { classificationId, separatorId, maskId, size } = this.#vocabulary;
    const random = this.#random;
    const end = this.#wordEnds[start]!;
    let pieces = 0;
    for (let position = start; position < end; position++)
      if (ids[position] !== classificationId && ids[position] !== separatorId) pieces += 1;
    if (pieces > room) return;
    for (let position = start; position < end; position++) {
      const id = ids[position]!;
      if (id === classificationId || id === separatorId) continue;
      this.#keep(position, id);
      if (random.random() < 0.8) {
        ids[position] = maskId;
        this.replacedByMask += 1;
      } else if (random.random() < 0.5) this.kept += 1;
      else {
        ids[position] = random.below(size);
        this.replacedByRandom += 1;
      }
    }
  }

  /** Puts a position in its place among those already masked. */
  #keep(position: number, label: number): void {
    const { positions, labels } = this;
    let at = this.count++;
    for (; at > 0 && positions[at - 1]! > position; at--) {
      positions[at] = positions[at - 1]!;
      labels[at] = labels[at - 1]!;
    }
    positions[at] = position;
    labels[at] = label;
  }
}
