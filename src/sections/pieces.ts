/** @file Cuts a note at blank lines and separator rules, the first step of both rule sets. */
import type { Segment, Separator } from "./segment.js";

export interface Pieces {
  /** Text between blank lines and separators, the separators among it. Pieces without a character are left out. */
  readonly segments: readonly Segment[];
  /** True when the note starts with a blank line or a separator, so that the first of `segments` is not its beginning. */
  readonly startsWithBreak: boolean;
  /** True when at least one blank line or separator was found. */
  readonly hasBreak: boolean;
}

/** Says whether the run `[start, end)` of three or more `-` or `_` is a separator rule. */
export type SeparatorTest = (text: string, start: number, end: number) => boolean;

const LINE_FEED = 10;
const DASH = 45;
const UNDERSCORE = 95;

/**
 * What heuristic_tokenize.py:55-59 gets from putting blank lines around each rule, collapsing line feeds and splitting
 * at blank lines: a break is a run of line feeds and rules that holds a rule or at least two line feeds. Linear.
 */
export function splitPieces(text: string, isSeparator: SeparatorTest): Pieces {
  const segments: Segment[] = [];
  const next = breakFinder(text, isSeparator);
  let start = 0;
  let startsWithBreak = false;
  let hasBreak = false;
  for (let at = next(0); at !== -1; at = next(start)) {
    hasBreak = true;
    const end = at > start && text.charCodeAt(at - 1) === LINE_FEED ? at - 1 : at;
    if (end > start) segments.push({ start, end, separator: null, newline: false });
    else if (start === 0) startsWithBreak = true;
    start = skipBreak(text, at, isSeparator, segments);
  }
  if (start < text.length) segments.push({ start, end: text.length, separator: null, newline: false });
  return { segments, startsWithBreak, hasBreak };
}

/** Walks over line feeds and separators from `at`, adds the separators to `segments`, returns where text goes on. */
function skipBreak(text: string, at: number, isSeparator: SeparatorTest, segments: Segment[]): number {
  let index = at;
  for (;;) {
    const code = text.charCodeAt(index);
    if (code === LINE_FEED) {
      index++;
      continue;
    }
    if (code !== DASH && code !== UNDERSCORE) return index;
    const end = runEnd(text, index);
    if (end - index < 3 || !isSeparator(text, index, end)) return index;
    const separator: Separator = code === DASH ? "-----" : "_____";
    segments.push({ start: index, end, separator, newline: false });
    index = end;
  }
}

/** A function that finds the next break at or after a position that never goes back; each search runs once over the text. */
function breakFinder(text: string, isSeparator: SeparatorTest): (from: number) => number {
  const blank = cachedSearch((from) => text.indexOf("\n\n", from));
  const dashes = cachedSearch((from) => findSeparator(text, "---", from, isSeparator));
  const underscores = cachedSearch((from) => findSeparator(text, "___", from, isSeparator));
  return (from) => {
    const nearest = Math.min(blank(from), dashes(from), underscores(from));
    return nearest === Number.POSITIVE_INFINITY ? -1 : nearest;
  };
}

function cachedSearch(search: (from: number) => number): (from: number) => number {
  let found = -1;
  return (from) => {
    if (found < from) {
      const index = search(from);
      found = index === -1 ? Number.POSITIVE_INFINITY : index;
    }
    return found;
  };
}

function findSeparator(text: string, rule: string, from: number, isSeparator: SeparatorTest): number {
  for (let at = text.indexOf(rule, from); at !== -1; ) {
    const end = runEnd(text, at);
    if (isSeparator(text, at, end)) return at;
    at = text.indexOf(rule, end);
  }
  return -1;
}

function runEnd(text: string, start: number): number {
  const code = text.charCodeAt(start);
  let end = start + 1;
  while (text.charCodeAt(end) === code) end++;
  return end;
}
