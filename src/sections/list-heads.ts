/** @file Finds the numbers that head the lines of a numbered list: line feed, white space, decimal digits, full stop. */
import { isPythonSpace, skipDigits, skipSpace } from "./characters.js";
import type { LineEnd } from "./line-ends.js";

export interface ListHead {
  /** First digit. */
  readonly start: number;
  /** After the last digit: the full stop. */
  readonly end: number;
}

const FULL_STOP = 46;

/**
 * The start of the next line's text after `from`: past the next line feed and the white space after it; `end` when
 * there is none. The text of a segment itself begins as if after a line feed. Linear over all lines.
 */
export function nextLineStart(text: string, lineEnd: LineEnd, from: number, end: number): number {
  return skipSpace(text, lineEnd(from, end), end, isPythonSpace);
}

const NONE: readonly ListHead[] = [];

/** `\n\s*\d+\.` of heuristic_tokenize.py:150, with a line feed supposed before `start`. */
export function findListHeads(
  text: string,
  lineEnd: LineEnd,
  start: number,
  end: number,
): readonly ListHead[] {
  let heads: ListHead[] | null = null;
  for (
    let at = skipSpace(text, start, end, isPythonSpace);
    at < end;
    at = nextLineStart(text, lineEnd, at, end)
  ) {
    const stop = skipDigits(text, at, end);
    if (stop === at || stop >= end || text.charCodeAt(stop) !== FULL_STOP) continue;
    heads ??= [];
    heads.push({ start: at, end: stop });
  }
  return heads ?? NONE;
}
