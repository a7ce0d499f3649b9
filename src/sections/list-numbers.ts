/** @file How many list numbers the published script believes to see: decimal counting with its unescaped full stop. */
import { digitLength, digitValue, isPythonSpace, skipSpace } from "./characters.js";
import type { LineEnd } from "./line-ends.js";
import { type ListHead, nextLineStart } from "./list-heads.js";

/** Python refuses to read longer decimal numbers (sys.int_info.default_max_str_digits). */
const MAX_DIGITS = 4300;

/** A count that starts below ten million and has one place in the note a number stays within this many digits. */
const DIGITS_OF_A_COUNT = 9;

const LINE_FEED = 10;

/** The number of `head` in ASCII digits without leading zeros; `null` when it is too long for Python to read. */
export function readNumber(text: string, head: ListHead): string | null {
  if (head.end - head.start > 2 * MAX_DIGITS) return null;
  let digits = "";
  for (let at = head.start; at < head.end; at += digitLength(text, at)) digits += digitValue(text, at);
  return digits.length > MAX_DIGITS ? null : digits.slice(Math.min(leadingZeros(digits), digits.length - 1));
}

function leadingZeros(digits: string): number {
  let zeros = 0;
  while (digits.charCodeAt(zeros) === 48) zeros++;
  return zeros;
}

/**
 * How many of `first`, `first + 1`, … stand at the start of a line of `[start, end)` before any other character than a
 * line feed: the loop `while re.search('\n\s*%d.' % n, segment)` (heuristic_tokenize.py:168), in which `1` also
 * matches the beginning of `12`, and `3 ` of "3 tablets". Linear: every line lends only prefixes of a length that the
 * count can reach.
 */
export function countMatchedNumbers(
  text: string,
  lineEnd: LineEnd,
  start: number,
  end: number,
  first: string,
): number {
  const longest = Math.max(first.length + 1, DIGITS_OF_A_COUNT);
  const seen = new Set<string>();
  for (
    let at = skipSpace(text, start, end, isPythonSpace);
    at < end;
    at = nextLineStart(text, lineEnd, at, end)
  ) {
    for (let stop = at + 1; stop - at <= longest && isAsciiDigit(text.charCodeAt(stop - 1)); stop++) {
      if (stop >= end || text.charCodeAt(stop) === LINE_FEED) break;
      if (stop - at >= first.length) seen.add(text.slice(at, stop));
      if (text.charCodeAt(at) === 48) break;
    }
  }
  let count = 0;
  for (let number = first; seen.has(number); number = increment(number)) count++;
  return count;
}

function isAsciiDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** The next natural number in decimal digits. */
function increment(number: string): string {
  let nines = number.length;
  while (nines > 0 && number.charCodeAt(nines - 1) === 57) nines--;
  const zeros = "0".repeat(number.length - nines);
  if (nines === 0) return `1${zeros}`;
  return `${number.slice(0, nines - 1)}${String.fromCharCode(number.charCodeAt(nines - 1) + 1)}${zeros}`;
}
