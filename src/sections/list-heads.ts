/** @file Finds the numbers that head the lines of a numbered list: line feed, white space, decimal digits, full stop. */
import { isPythonSpace, lineEnd, skipDigits, skipSpace } from "./characters.js";

export interface ListHead {
  /** First digit. */
  readonly start: number;
  /** After the last digit: the full stop. */
  readonly end: number;
}

const FULL_STOP = 46;

/** Where the white space after each line feed ends, the start of the text counting as after a line feed. Linear. */
export function* lineStarts(text: string, start: number, end: number): Generator<number> {
  let at = skipSpace(text, start, end, isPythonSpace);
  while (at < end) {
    yield at;
    const feed = lineEnd(text, at, end);
    if (feed === end) return;
    at = skipSpace(text, feed + 1, end, isPythonSpace);
  }
}

/** `\n\s*\d+\.` of heuristic_tokenize.py:150, with a line feed supposed before `start`. */
export function findListHeads(text: string, start: number, end: number): ListHead[] {
  const heads: ListHead[] = [];
  for (const at of lineStarts(text, start, end)) {
    const stop = skipDigits(text, at, end);
    if (stop > at && stop < end && text.charCodeAt(stop) === FULL_STOP) heads.push({ start: at, end: stop });
  }
  return heads;
}
