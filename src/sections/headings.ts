/** @file Finds the headings that start a line and cuts a piece of a note at them. */
import { dropSpace, isPythonSpace, type SpaceTest, skipSpace } from "./characters.js";
import type { LineEnd } from "./line-ends.js";
import { type Segment, segmentOf } from "./segment.js";
import { isTitle } from "./titles.js";

const COLON = 58;

type Range = readonly [start: number, end: number];

const NONE: readonly Range[] = [];

/**
 * The headings of `[start, end)` that begin a line: a letter A to Z, at least one more character, up to and with the first
 * colon of the line, and a title by `isTitle` (heuristic_tokenize.py:80-88). Linear.
 */
function findHeadings(text: string, lineEnd: LineEnd, start: number, end: number): readonly Range[] {
  let found: Range[] | null = null;
  for (let line = start; line < end; ) {
    const stop = lineEnd(line, end);
    const first = text.charCodeAt(line);
    if (first >= 65 && first <= 90) {
      let colon = line + 1;
      while (colon < stop && text.charCodeAt(colon) !== COLON) colon++;
      if (colon > line + 1 && colon < stop && isTitle(text, line, colon + 1)) {
        found ??= [];
        found.push([line, colon + 1]);
      }
    }
    line = stop + 1;
  }
  return found ?? NONE;
}

/** Cuts a piece before and after each heading, where the heading stands. White space at the edges is dropped. */
export function splitAtHeadings(
  text: string,
  lineEnd: LineEnd,
  piece: Segment,
  isSpace: SpaceTest,
  cut: Segment[],
): void {
  const headings = findHeadings(text, lineEnd, piece.start, piece.end);
  cutAt(text, piece, headings, isSpace, startOf, cut);
}

/**
 * The same, but cut where the characters of each heading occur first in what is left of the piece, which can be
 * inside an earlier line: `segment.index(h)` (heuristic_tokenize.py:95).
 */
export function splitAtFirstOccurrences(
  text: string,
  lineEnd: LineEnd,
  piece: Segment,
  cut: Segment[],
): void {
  const headings = findHeadings(text, lineEnd, piece.start, piece.end);
  cutAt(text, piece, headings, isPythonSpace, firstOccurrence, cut);
}

type Place = (text: string, from: number, heading: Range) => number;

const startOf: Place = (_text, _from, heading) => heading[0];

function cutAt(
  text: string,
  piece: Segment,
  headings: readonly Range[],
  isSpace: SpaceTest,
  place: Place,
  cut: Segment[],
): void {
  const { end } = piece;
  let from = piece.start;
  for (const heading of headings) {
    const at = place(text, from, heading);
    const start = skipSpace(text, from, at, isSpace);
    if (start < at) cut.push(segmentOf(start, dropSpace(text, start, at, isSpace)));
    const stop = at + heading[1] - heading[0];
    cut.push(segmentOf(at, stop));
    from = skipSpace(text, stop, end, isSpace);
  }
  const start = skipSpace(text, from, end, isSpace);
  if (from < end) cut.push(segmentOf(start, dropSpace(text, start, end, isSpace)));
}

/**
 * First place at or after `from` with the characters of `heading`. A heading has one colon, at its end, so each
 * candidate ends with a colon and is compared backwards, at most to the colon before: linear in all.
 */
function firstOccurrence(text: string, from: number, heading: Range): number {
  const [start, end] = heading;
  const length = end - start;
  for (let colon = text.indexOf(":", from); colon < end - 1; colon = text.indexOf(":", colon + 1)) {
    let back = 1;
    while (back < length && text.charCodeAt(colon - back) === text.charCodeAt(end - 1 - back)) back++;
    if (back === length && colon - length + 1 >= from) return colon - length + 1;
  }
  return start;
}
