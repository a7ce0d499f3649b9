/** @file Puts new pieces into the `[unusedN]` slots of a published vocabulary: those that save the corpus the most tokens. */
import { MergeQueue } from "./merge-queue.js";
import { CONTINUATION_PREFIX } from "./piece-trie.js";
import { compareCodePoints } from "./train-vocabulary.js";
import { createVocabulary, type Vocabulary } from "./vocabulary.js";
import {
  type AuditedPiece,
  countPatients,
  DEFAULT_VOCABULARY_PRIVACY,
  hasLongDigitRun,
  type VocabularyPrivacy,
} from "./vocabulary-privacy.js";
import type { WordCount } from "./word-counts.js";

export interface ExtendVocabularyOptions {
  /** New pieces at most; all unused slots by default. */
  readonly limit?: number;
  readonly privacy?: VocabularyPrivacy;
  /** Tokens that a piece must save. Default 2. */
  readonly minFrequency?: number;
}

export interface ExtendedVocabulary {
  readonly vocabulary: Vocabulary;
  readonly audit: readonly AuditedPiece[];
  readonly refused: number;
  /** Tokens of the corpus before and after (words that were `[UNK]` not counted). */
  readonly tokensBefore: number;
  readonly tokensAfter: number;
}

const UNUSED = /^\[unused\d+\]$/;
/** Pieces that a candidate joins at most. */
const MAX_JOINED = 8;

interface CutWord extends WordCount {
  readonly text: string;
  pieces: readonly string[];
}

export function extendVocabulary(
  vocabulary: Vocabulary,
  counts: ReadonlyMap<string, WordCount>,
  options: ExtendVocabularyOptions = {},
): ExtendedVocabulary {
  const privacy = options.privacy ?? DEFAULT_VOCABULARY_PRIVACY;
  const slots = vocabulary.tokens.flatMap((token, id) => (UNUSED.test(token) ? [id] : []));
  const limit = Math.min(options.limit ?? slots.length, slots.length);
  const pieces = new Set(vocabulary.tokens.filter((token) => !UNUSED.test(token)));
  const words = cutWords(counts, pieces);
  const tokensBefore = countTokens(words);
  const { candidates, wordsOf } = collectCandidates(words);
  const queue = new MergeQueue();
  for (const [index, candidate] of candidates.entries())
    queue.push({ left: index, right: 0, count: savingOf(candidate, wordsOf[index]!, pieces) });
  const tokens = [...vocabulary.tokens];
  const audit: AuditedPiece[] = [];
  let refused = 0;
  for (let top = queue.pop(); top !== undefined && audit.length < limit; top = queue.pop()) {
    const piece = candidates[top.left]!;
    const holders = wordsOf[top.left]!;
    const saving = savingOf(piece, holders, pieces);
    if (saving < (options.minFrequency ?? 2)) continue;
    // Earlier pieces may have taken words away: asked again before it is taken.
    if (saving < top.count) {
      queue.push({ left: top.left, right: 0, count: saving });
      continue;
    }
    const users = holders.filter((word) => cut(word.text, pieces, piece)?.includes(piece) === true);
    const patients = countPatients(users, privacy.minPatients);
    if (patients < privacy.minPatients || hasLongDigitRun(piece, privacy.maxDigits)) {
      refused += 1;
      continue;
    }
    pieces.add(piece);
    for (const word of holders) word.pieces = cut(word.text, pieces) ?? word.pieces;
    tokens[slots[audit.length]!] = piece;
    audit.push({ piece, count: saving, words: holders.length, patients });
  }
  return {
    vocabulary: createVocabulary(tokens),
    audit,
    refused,
    tokensBefore,
    tokensAfter: countTokens(words),
  };
}

/** Words that the vocabulary cuts into two pieces or more. */
function cutWords(counts: ReadonlyMap<string, WordCount>, pieces: ReadonlySet<string>): CutWord[] {
  const words: CutWord[] = [];
  for (const [text, { count, patients }] of counts) {
    const found = cut(text, pieces);
    if (found !== null && found.length > 1) words.push({ text, count, patients, pieces: found });
  }
  return words.sort((left, right) => compareCodePoints(left.text, right.text));
}

/** Greedy longest match; `null` for a word that has no full cover. */
function cut(word: string, pieces: ReadonlySet<string>, extra?: string): string[] | null {
  const found: string[] = [];
  for (let from = 0; from < word.length; ) {
    let end = word.length;
    let piece = "";
    for (; end > from; end--) {
      piece = (from > 0 ? CONTINUATION_PREFIX : "") + word.slice(from, end);
      if (pieces.has(piece) || piece === extra) break;
    }
    if (end === from) return null;
    found.push(piece);
    from = end;
  }
  return found;
}

/** Every join of neighbouring pieces, and the words that hold it. */
function collectCandidates(words: readonly CutWord[]): { candidates: string[]; wordsOf: CutWord[][] } {
  const indexOf = new Map<string, number>();
  const candidates: string[] = [];
  const wordsOf: CutWord[][] = [];
  for (const word of words)
    for (let from = 0; from < word.pieces.length; from++) {
      let joined = word.pieces[from]!;
      for (let to = from + 1; to < Math.min(word.pieces.length, from + MAX_JOINED); to++) {
        joined += word.pieces[to]!.slice(CONTINUATION_PREFIX.length);
        let index = indexOf.get(joined);
        if (index === undefined) {
          index = candidates.length;
          indexOf.set(joined, index);
          candidates.push(joined);
          wordsOf.push([]);
        }
        const holders = wordsOf[index]!;
        if (holders.at(-1) !== word) holders.push(word);
      }
    }
  return { candidates, wordsOf };
}

/** Tokens that the corpus would be shorter by. A new piece can also make a word longer: greedy matching is not optimal. */
function savingOf(piece: string, holders: readonly CutWord[], pieces: ReadonlySet<string>): number {
  let saving = 0;
  for (const word of holders)
    saving +=
      word.count * (word.pieces.length - (cut(word.text, pieces, piece)?.length ?? word.pieces.length));
  return saving;
}

function countTokens(words: readonly CutWord[]): number {
  return words.reduce((sum, { count, pieces }) => sum + count * pieces.length, 0);
}
