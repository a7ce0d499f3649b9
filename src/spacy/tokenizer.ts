/**
 * @file spaCy's tokenizer: white space, then affixes and exceptions of each piece, then exceptions over several words.
 * Reproduces spacy/tokenizer.pyx of 3.7 (and, where `version` says so, of 2.0.18).
 */

import type { AffixPatterns } from "./affix-patterns.js";
import { createWorkBudget } from "./affix-search.js";
import { createExceptionMatcher, type ExceptionMatcher } from "./exception-matcher.js";
import { isPythonSpace } from "./python-text.js";
import type { WordType, WordTypes } from "./word-types.js";
import { createWords, pushWord, type Words } from "./words.js";

/** A piece of a tokenizer exception. `norm` is null where the exception gives none. */
export interface ExceptionPiece {
  readonly text: string;
  readonly norm: string | null;
}

export interface TokenizerRules {
  readonly patterns: AffixPatterns;
  readonly exceptions: ReadonlyMap<string, readonly ExceptionPiece[]>;
  /** spaCy 3 applies exceptions that contain affixes after tokenizing; spaCy 2.0 splits differently and does not. */
  readonly version: 2 | 3;
  /** spaCy 3 only: match just those exceptions that affix rules could have split. */
  readonly fasterHeuristics: boolean;
}

export interface Tokenizer {
  tokenize(text: string): Words;
  /** Forgets cached words, after `WordTypes.clear`. */
  clear(): void;
}

/** Words of one white-space separated piece, ready to be copied. */
interface Split {
  readonly types: readonly WordType[];
  readonly lengths: readonly number[];
}

/** Pieces longer than this are not worth keeping. */
const LONGEST_CACHED = 64;

export function createTokenizer(rules: TokenizerRules, types: WordTypes): Tokenizer {
  const { exceptions } = rules;
  const longestException = Math.max(0, ...[...exceptions.keys()].map((key) => key.length));
  const cache = new Map<string, Split>();
  const isException = (text: string): boolean => text.length <= longestException && exceptions.has(text);
  const splitter: Splitter = { rules, types, isException };
  const plainSplitter: Splitter = { rules, types, isException: () => false };
  const splitCached = (text: string): Split => {
    let split = cache.get(text);
    if (split === undefined) {
      split = splitPiece(text, splitter);
      if (text.length <= LONGEST_CACHED) cache.set(text, split);
    }
    return split;
  };
  let matcher = rules.version === 3 ? buildMatcher(rules, plainSplitter) : null;
  return {
    tokenize(text) {
      const words = tokenizeSpaces(text, splitCached);
      return matcher === null ? words : matcher.apply(words, text);
    },
    clear() {
      cache.clear();
      matcher = rules.version === 3 ? buildMatcher(rules, plainSplitter) : null;
    },
  };
}

/** One space after a word is an attribute of it; any other white space is a word of its own (`_tokenize_affixes`). */
function tokenizeSpaces(text: string, split: (piece: string) => Split): Words {
  const words = createWords(Math.max(16, text.length >> 2));
  if (text.length === 0) return words;
  const emit = (start: number, end: number): void => {
    const { types, lengths } = split(text.slice(start, end));
    for (let index = 0, at = start; index < types.length; index++) {
      pushWord(words, types[index]!, at, lengths[index]!);
      at += lengths[index]!;
    }
  };
  let start = 0;
  // Every white-space character is one UTF-16 unit, so units do.
  let inSpace = isPythonSpace(text.charCodeAt(0));
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (isPythonSpace(code) === inSpace) continue;
    if (start < at) emit(start, at);
    if (code === 0x20) {
      words.spaces[words.count - 1] = 1;
      start = at + 1;
    } else start = at;
    inSpace = !inSpace;
  }
  if (start < text.length) {
    emit(start, text.length);
    words.spaces[words.count - 1] = text.endsWith(" ") && !inSpace ? 1 : 0;
  }
  return words;
}

interface Splitter {
  readonly rules: TokenizerRules;
  readonly types: WordTypes;
  readonly isException: (text: string) => boolean;
}

/** The words of a piece without (or wholly of) white space (`_tokenize`). */
function splitPiece(text: string, splitter: Splitter): Split {
  const { types, rules } = splitter;
  const found: WordType[] = [];
  const lengths: number[] = [];
  const word = (part: string): void => {
    found.push(types.typeOf(part, null));
    lengths.push(part.length);
  };
  const exception = (part: string): void => {
    for (const piece of rules.exceptions.get(part)!) {
      // In spaCy 2.0 norms belong to words, not to places: see lexemes-v2.ts.
      found.push(types.typeOf(piece.text, rules.version === 3 ? piece.norm : null));
      lengths.push(piece.text.length);
    }
  };
  if (splitter.isException(text)) {
    exception(text);
    return { types: found, lengths };
  }
  const { prefixes, middle, suffixes } =
    rules.version === 3 ? splitAffixes(text, splitter) : splitAffixesV2(text, splitter);
  for (const prefix of prefixes) word(prefix);
  if (middle !== "") {
    if (splitter.isException(middle)) exception(middle);
    else if (rules.patterns.tokenMatch(middle) || rules.patterns.urlMatch(middle)) word(middle);
    else splitInfixes(middle, rules.patterns, word);
  }
  for (let index = suffixes.length - 1; index >= 0; index--) word(suffixes[index]!);
  return { types: found, lengths };
}

interface Affixes {
  readonly prefixes: string[];
  readonly middle: string;
  /** Outermost first. */
  readonly suffixes: string[];
}

/** tokenizer.pyx 3.7, `_split_affixes`. */
function splitAffixes(text: string, { rules, isException }: Splitter): Affixes {
  const { patterns } = rules;
  const budget = createWorkBudget();
  const prefixes: string[] = [];
  const suffixes: string[] = [];
  let rest = text;
  for (let lastLength = -1; rest !== "" && rest.length !== lastLength; ) {
    if (patterns.tokenMatch(rest) || isException(rest)) break;
    lastLength = rest.length;
    const prefix = patterns.prefix(rest, budget);
    const withoutPrefix = rest.slice(prefix);
    if (prefix > 0 && withoutPrefix !== "" && isException(withoutPrefix)) {
      prefixes.push(rest.slice(0, prefix));
      rest = withoutPrefix;
      break;
    }
    const suffix = patterns.suffix(withoutPrefix, budget);
    const withoutSuffix = rest.slice(0, rest.length - suffix);
    if (suffix > 0 && withoutSuffix !== "" && isException(withoutSuffix)) {
      suffixes.push(rest.slice(rest.length - suffix));
      rest = withoutSuffix;
      break;
    }
    if (prefix > 0) prefixes.push(rest.slice(0, prefix));
    if (suffix > 0) suffixes.push(rest.slice(rest.length - suffix));
    rest = rest.slice(prefix, rest.length - suffix);
  }
  return { prefixes, middle: rest, suffixes };
}

/** tokenizer.pyx 2.0.18, `_split_affixes`: suffixes of the whole rest, exceptions also after stripping both. */
function splitAffixesV2(text: string, { rules, isException }: Splitter): Affixes {
  const { patterns } = rules;
  const budget = createWorkBudget();
  const prefixes: string[] = [];
  const suffixes: string[] = [];
  let rest = text;
  for (let lastLength = -1; rest !== "" && rest.length !== lastLength; ) {
    if (patterns.tokenMatch(rest)) break;
    lastLength = rest.length;
    const prefix = patterns.prefix(rest, budget);
    const withoutPrefix = rest.slice(prefix);
    if (prefix > 0 && withoutPrefix !== "" && isException(withoutPrefix)) {
      prefixes.push(rest.slice(0, prefix));
      rest = withoutPrefix;
      break;
    }
    if (prefix > 0 && patterns.tokenMatch(rest)) break;
    const suffix = patterns.suffix(rest, budget);
    const withoutSuffix = rest.slice(0, rest.length - suffix);
    if (suffix > 0 && withoutSuffix !== "" && isException(withoutSuffix)) {
      suffixes.push(rest.slice(rest.length - suffix));
      rest = withoutSuffix;
      break;
    }
    if (prefix > 0 && suffix > 0 && prefix + suffix <= rest.length) {
      prefixes.push(rest.slice(0, prefix));
      suffixes.push(rest.slice(rest.length - suffix));
      rest = rest.slice(prefix, rest.length - suffix);
    } else if (prefix > 0) {
      prefixes.push(rest.slice(0, prefix));
      rest = withoutPrefix;
    } else if (suffix > 0) {
      suffixes.push(rest.slice(rest.length - suffix));
      rest = withoutSuffix;
    }
    if (isException(rest)) break;
  }
  return { prefixes, middle: rest, suffixes };
}

/** Infixes become words; one that begins the piece is skipped, as in `_attach_tokens`. */
function splitInfixes(text: string, patterns: AffixPatterns, word: (part: string) => void): void {
  let start = 0;
  for (const [from, to] of patterns.infixes(text)) {
    if (from === 0) continue;
    if (from !== start) word(text.slice(start, from));
    if (from !== to) word(text.slice(from, to));
    start = to;
  }
  if (start < text.length) word(text.slice(start));
}

/** Exceptions that the affix rules would break up, or that hold a space (`add_special_case`). */
function buildMatcher(rules: TokenizerRules, splitter: Splitter): ExceptionMatcher {
  const { patterns } = rules;
  const { types } = splitter;
  const matcher = createExceptionMatcher(
    (text) =>
      rules.exceptions
        .get(text)
        ?.map((piece) => ({ type: types.typeOf(piece.text, piece.norm), length: piece.text.length })) ?? null,
    (type) => types.form(type).text,
  );
  const budget = createWorkBudget();
  for (const text of rules.exceptions.keys()) {
    const affected =
      !rules.fasterHeuristics ||
      patterns.prefix(text, budget) > 0 ||
      patterns.infixes(text).length > 0 ||
      patterns.suffix(text, budget) > 0 ||
      text.includes(" ");
    if (!affected) continue;
    const words = tokenizeSpaces(text, (piece) => splitPiece(piece, splitter));
    matcher.add(Array.from(words.types.subarray(0, words.count), (type) => types.form(type).text));
  }
  return matcher;
}
