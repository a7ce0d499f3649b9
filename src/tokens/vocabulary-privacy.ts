/** @file What a piece must fulfil before it may leave the building in a vocabulary made from notes. */
import type { WordCount } from "./word-counts.js";

export interface VocabularyPrivacy {
  /** Different patients in whose words a piece must occur. 0: no such rule. */
  readonly minPatients: number;
  /** Digits that may stand side by side in a piece. */
  readonly maxDigits: number;
}

export const DEFAULT_VOCABULARY_PRIVACY: VocabularyPrivacy = { minPatients: 20, maxDigits: 4 };
/** Nothing is refused: for text without patients, and to compare with other trainers. */
export const NO_VOCABULARY_PRIVACY: VocabularyPrivacy = {
  minPatients: 0,
  maxDigits: Number.MAX_SAFE_INTEGER,
};

export function hasLongDigitRun(piece: string, maxDigits: number): boolean {
  let run = 0;
  for (const character of piece) {
    run = /\p{Nd}/u.test(character) ? run + 1 : 0;
    if (run > maxDigits) return true;
  }
  return false;
}

/** Different patients of several words; counting stops at `enough`. */
export function countPatients(words: Iterable<WordCount>, enough: number): number {
  const patients = new Set<number>();
  for (const word of words) {
    for (const patient of word.patients) patients.add(patient);
    if (patients.size >= enough) return enough;
  }
  return patients.size;
}

/** One line of the audit list: a piece that was learned, and what stands behind it. */
export interface AuditedPiece {
  readonly piece: string;
  /** Occurrences in the corpus when the piece was made. */
  readonly count: number;
  /** Different words that held it. */
  readonly words: number;
  /** Different patients, counted up to the minimum asked for. */
  readonly patients: number;
}
