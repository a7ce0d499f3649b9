/** @file Tokenizer exceptions over several words: finds their words and puts the exception's pieces in their place. */
import type { WordType } from "./word-types.js";
import { createWords, pushWord, type Words, wordEnd } from "./words.js";

export interface ExceptionMatcher {
  /** The words of one exception as the affix rules split it. */
  add(words: readonly string[]): void;
  apply(words: Words, text: string): Words;
}

interface Piece {
  readonly type: WordType;
  readonly length: number;
}

interface TrieNode {
  readonly next: Map<string, TrieNode>;
  final: boolean;
}

interface Match {
  readonly start: number;
  readonly end: number;
}

/** `piecesOf` looks an exception up by its text; `textOf` gives the text of a word type. */
export function createExceptionMatcher(
  piecesOf: (text: string) => readonly Piece[] | null,
  textOf: (type: WordType) => string,
): ExceptionMatcher {
  const root: TrieNode = { next: new Map(), final: false };
  return {
    add(words) {
      let node = root;
      for (const word of words) {
        let next = node.next.get(word);
        if (next === undefined) {
          next = { next: new Map(), final: false };
          node.next.set(word, next);
        }
        node = next;
      }
      if (node !== root) node.final = true;
    },
    apply(words, text) {
      const matches = findMatches(words, root, textOf);
      return matches.length === 0 ? words : replace(words, text, filterMatches(matches), piecesOf);
    },
  };
}

function findMatches(words: Words, root: TrieNode, textOf: (type: WordType) => string): Match[] {
  const matches: Match[] = [];
  for (let start = 0; start < words.count; start++) {
    let node = root.next.get(textOf(words.types[start]!));
    for (let end = start + 1; node !== undefined; end++) {
      if (node.final) matches.push({ start, end });
      if (end === words.count) break;
      node = node.next.get(textOf(words.types[end]!));
    }
  }
  return matches;
}

/**
 * Longest first, the earlier one on ties; dropped when its first or last word was seen before. A dropped match, too, marks
 * its words as seen (tokenizer.pyx, `_filter_special_spans`).
 */
function filterMatches(matches: Match[]): Map<number, Match> {
  const kept = new Map<number, Match>();
  const seen = new Set<number>();
  matches.sort((a, b) => b.end - b.start - (a.end - a.start) || a.start - b.start);
  for (const match of matches) {
    if (!seen.has(match.start) && !seen.has(match.end - 1)) kept.set(match.start, match);
    for (let index = match.start; index < match.end; index++) seen.add(index);
  }
  return kept;
}

function replace(
  words: Words,
  text: string,
  matches: Map<number, Match>,
  piecesOf: (text: string) => readonly Piece[] | null,
): Words {
  const replaced = createWords(words.count + 16);
  const copy = (index: number): void => {
    pushWord(replaced, words.types[index]!, words.starts[index]!, words.lengths[index]!);
    replaced.spaces[replaced.count - 1] = words.spaces[index]!;
  };
  for (let index = 0; index < words.count; ) {
    const match = matches.get(index);
    if (match === undefined) {
      copy(index++);
      continue;
    }
    // The words may be spelled with other spaces than the exception; then they stay as they are.
    let start = words.starts[match.start]!;
    const pieces = piecesOf(text.slice(start, wordEnd(words, match.end - 1)));
    if (pieces === null) {
      for (; index < match.end; index++) copy(index);
      continue;
    }
    if (match.start === 0) replaced.firstReplaced = true;
    for (const piece of pieces) {
      pushWord(replaced, piece.type, start, piece.length);
      start += piece.length;
    }
    replaced.spaces[replaced.count - 1] = words.spaces[match.end - 1]!;
    index = match.end;
  }
  return replaced;
}
