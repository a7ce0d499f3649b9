/** @file Learns word pieces as the trainer of Hugging Face `tokenizers` does (models/bpe/trainer.rs with the prefix ##), but with ties broken the same way every time. */
import { ClinicalBertError } from "../errors.js";
import { MergeQueue } from "./merge-queue.js";
import { CONTINUATION_PREFIX } from "./piece-trie.js";
import { createVocabulary, type Vocabulary } from "./vocabulary.js";
import {
  type AuditedPiece,
  countPatients,
  DEFAULT_VOCABULARY_PRIVACY,
  hasLongDigitRun,
  type VocabularyPrivacy,
} from "./vocabulary-privacy.js";
import type { WordCount } from "./word-counts.js";

export interface TrainVocabularyOptions {
  /** Tokens of the finished vocabulary. */
  readonly size: number;
  /** A pair that is rarer is not joined. Default 2. */
  readonly minFrequency?: number;
  /** The most frequent characters that are kept. Default 1000. */
  readonly limitAlphabet?: number;
  readonly specialTokens?: readonly string[];
  /** Default: 20 patients, 4 digits. */
  readonly privacy?: VocabularyPrivacy;
}

export interface TrainedVocabulary {
  readonly vocabulary: Vocabulary;
  /** Every learned piece, the least frequent first. */
  readonly audit: readonly AuditedPiece[];
  /** Characters and pieces that the privacy rules refused. */
  readonly refused: number;
}

export const TRAINING_SPECIAL_TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] as const;

/** A word in training: its symbols, and how often it occurs. */
interface TrainingWord extends WordCount {
  readonly symbols: number[];
}

/** @throws `VOCABULARY_INVALID` when nothing is left to learn from */
export function trainVocabulary(
  words: ReadonlyMap<string, WordCount>,
  options: TrainVocabularyOptions,
): TrainedVocabulary {
  const training = new VocabularyTraining(words, options);
  training.joinPairs();
  return training.finish();
}

class VocabularyTraining {
  readonly #options: TrainVocabularyOptions;
  readonly #privacy: VocabularyPrivacy;
  readonly #tokens: string[] = [];
  readonly #idOf = new Map<string, number>();
  readonly #words: TrainingWord[] = [];
  /** As in the reference, the count of a pair is not taken back when the pair is joined. */
  readonly #pairCounts = new Map<number, number>();
  readonly #pairWords = new Map<number, Set<number>>();
  readonly #queue = new MergeQueue();
  readonly #audit: AuditedPiece[] = [];
  #refused = 0;

  constructor(words: ReadonlyMap<string, WordCount>, options: TrainVocabularyOptions) {
    this.#options = options;
    this.#privacy = options.privacy ?? DEFAULT_VOCABULARY_PRIVACY;
    for (const token of options.specialTokens ?? TRAINING_SPECIAL_TOKENS) this.#idFor(token);
    // The reference goes through a hash map in random order; here the order is that of the code points.
    const sorted = [...words].sort(([left], [right]) => compareCodePoints(left, right));
    const alphabet = this.#chooseAlphabet(sorted);
    for (const character of alphabet) this.#idFor(character);
    for (const [word, counted] of sorted) this.#addWord(word, counted, alphabet);
    if (this.#words.length === 0)
      throw new ClinicalBertError("VOCABULARY_INVALID", "No word of the corpus may be learned from.", {
        details: { words: words.size, minPatients: this.#privacy.minPatients },
        remedy: "Give more documents, name their patients, or lower --min-patients.",
      });
  }

  #idFor(token: string): number {
    let id = this.#idOf.get(token);
    if (id === undefined) {
      id = this.#tokens.length;
      this.#tokens.push(token);
      this.#idOf.set(token, id);
    }
    return id;
  }

  #chooseAlphabet(words: readonly (readonly [string, WordCount])[]): Set<string> {
    const counts = new Map<string, { count: number; words: WordCount[] }>();
    for (const [word, counted] of words)
      for (const character of word) {
        const entry = counts.get(character) ?? { count: 0, words: [] };
        entry.count += counted.count;
        if (entry.words.at(-1) !== counted) entry.words.push(counted);
        counts.set(character, entry);
      }
    const { minPatients } = this.#privacy;
    const allowed = [...counts].filter(([, entry]) => countPatients(entry.words, minPatients) >= minPatients);
    this.#refused += counts.size - allowed.length;
    const limit = this.#options.limitAlphabet ?? 1000;
    allowed.sort(([left, a], [right, b]) => b.count - a.count || compareCodePoints(left, right));
    return new Set(
      allowed
        .slice(0, limit)
        .map(([character]) => character)
        .sort(compareCodePoints),
    );
  }

  /** Characters outside the alphabet are left out of the word, as in the reference; where privacy asks for it, the whole word is. */
  #addWord(word: string, counted: WordCount, alphabet: ReadonlySet<string>): void {
    const symbols: number[] = [];
    let first = true;
    for (const character of word) {
      if (alphabet.has(character))
        symbols.push(this.#idFor(first ? character : CONTINUATION_PREFIX + character));
      else if (this.#privacy.minPatients > 0) return;
      first = false;
    }
    this.#words.push({ symbols, count: counted.count, patients: counted.patients });
  }

  joinPairs(): void {
    this.#countPairs();
    const { size, minFrequency = 2 } = this.#options;
    while (this.#tokens.length < size) {
      const pair = this.#queue.pop();
      if (pair === undefined) return;
      const key = keyOf(pair.left, pair.right);
      const count = this.#pairCounts.get(key)!;
      if (pair.count !== count) {
        this.#queue.push({ ...pair, count });
        continue;
      }
      if (count < 1 || count < minFrequency) return;
      const positions = this.#pairWords.get(key);
      // The same pair may wait twice; the first time takes all its words.
      if (positions === undefined) continue;
      this.#pairWords.delete(key);
      this.#join(pair.left, pair.right, count, positions);
    }
  }

  #countPairs(): void {
    for (let index = 0; index < this.#words.length; index++) {
      const { symbols, count } = this.#words[index]!;
      for (let at = 0; at + 1 < symbols.length; at++)
        this.#changePair(keyOf(symbols[at]!, symbols[at + 1]!), count, index);
    }
    for (const [key, count] of this.#pairCounts) this.#queue.push({ ...pairOf(key), count });
  }

  #changePair(key: number, change: number, word: number): void {
    this.#pairCounts.set(key, (this.#pairCounts.get(key) ?? 0) + change);
    if (change < 0) return;
    const positions = this.#pairWords.get(key);
    if (positions === undefined) this.#pairWords.set(key, new Set([word]));
    else positions.add(word);
  }

  #join(left: number, right: number, count: number, positions: ReadonlySet<number>): void {
    const end = this.#tokens[right]!;
    const piece =
      this.#tokens[left]! +
      (end.startsWith(CONTINUATION_PREFIX) ? end.slice(CONTINUATION_PREFIX.length) : end);
    if (!this.#idOf.has(piece)) {
      const holders = this.#holders(left, right, positions);
      const patients = countPatients(holders, this.#privacy.minPatients);
      if (patients < this.#privacy.minPatients || hasLongDigitRun(piece, this.#privacy.maxDigits)) {
        this.#refused += 1;
        return;
      }
      this.#audit.push({ piece, count, words: holders.length, patients });
    }
    const id = this.#idFor(piece);
    const grown = new Set<number>();
    for (const word of positions) this.#joinInWord(word, left, right, id, grown);
    for (const key of grown) {
      const fresh = this.#pairCounts.get(key)!;
      if (fresh > 0) this.#queue.push({ ...pairOf(key), count: fresh });
    }
  }

  /** The words in which the pair still stands; earlier joins may have taken it away. */
  #holders(left: number, right: number, positions: ReadonlySet<number>): TrainingWord[] {
    const holders: TrainingWord[] = [];
    for (const index of positions) {
      const word = this.#words[index]!;
      if (word.symbols.some((symbol, at) => symbol === left && word.symbols[at + 1] === right))
        holders.push(word);
    }
    return holders;
  }

  /** models/bpe/word.rs, `Word::merge`. */
  #joinInWord(index: number, left: number, right: number, id: number, grown: Set<number>): void {
    const { symbols, count } = this.#words[index]!;
    const grow = (key: number): void => {
      this.#changePair(key, count, index);
      grown.add(key);
    };
    for (let at = 0; at + 1 < symbols.length; at++) {
      if (symbols[at] !== left || symbols[at + 1] !== right) continue;
      symbols.splice(at, 2, id);
      if (at > 0) {
        this.#changePair(keyOf(symbols[at - 1]!, left), -count, index);
        grow(keyOf(symbols[at - 1]!, id));
      }
      if (at + 1 < symbols.length) {
        this.#changePair(keyOf(right, symbols[at + 1]!), -count, index);
        grow(keyOf(id, symbols[at + 1]!));
      }
    }
  }

  finish(): TrainedVocabulary {
    this.#audit.sort(
      (first, second) => first.count - second.count || compareCodePoints(first.piece, second.piece),
    );
    return { vocabulary: createVocabulary(this.#tokens), audit: this.#audit, refused: this.#refused };
  }
}

/** Two ids in one number below 2^53. */
function keyOf(left: number, right: number): number {
  return left * 0x4000000 + right;
}

function pairOf(key: number): { left: number; right: number } {
  return { left: Math.floor(key / 0x4000000), right: key % 0x4000000 };
}

/** By code points, not UTF-16 units. */
export function compareCodePoints(left: string, right: string): number {
  for (let at = 0; at < left.length && at < right.length; ) {
    const first = left.codePointAt(at)!;
    const second = right.codePointAt(at)!;
    if (first !== second) return first - second;
    at += first > 0xffff ? 2 : 1;
  }
  return left.length - right.length;
}
