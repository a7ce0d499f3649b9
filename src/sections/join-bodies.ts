/** @file Joins a heading with its one-line body, the last step of both rule sets. */
import { dropSpace, isWhite, lineEnd, skipSpace } from "./characters.js";
import type { Segment } from "./segment.js";
import { inlineTitleEnd, isTitle } from "./titles.js";

/** One or two segments that make a section; with two, the first is a heading. */
export interface Joined {
  readonly first: Segment;
  readonly second: Segment | null;
  readonly firstIsTitle: boolean;
}

/**
 * A segment of one line between two headings, or between a heading and the end, goes with the heading before it
 * (heuristic_tokenize.py:267-293). When something else follows, the published script loses it; `keepAll` keeps it.
 */
export function joinBodies(text: string, segments: readonly Segment[], keepAll: boolean): Joined[] {
  const titles = segments.map((segment) => isTitleSegment(text, segment));
  const joined: Joined[] = [];
  for (const [index, segment] of segments.entries()) {
    const single: Joined = { first: segment, second: null, firstIsTitle: titles[index]! };
    const isBody = index > 0 && titles[index - 1]! && !titles[index]! && isOneLine(text, segment);
    if (!isBody) joined.push(single);
    else if (index === segments.length - 1 || titles[index + 1]!)
      joined.push({ first: joined.pop()!.first, second: segment, firstIsTitle: true });
    else if (keepAll) joined.push(single);
  }
  return joined;
}

function isTitleSegment(text: string, segment: Segment): boolean {
  return segment.separator === null && isTitle(text, segment.start, segment.end);
}

function isOneLine(text: string, segment: Segment): boolean {
  return !segment.newline && lineEnd(text, segment.start, segment.end) === segment.end;
}

/** The heading of a section without its colon and the white space around it; `null` when it has none. */
export function titleSpan(text: string, joined: Joined): readonly [number, number] | null {
  const { first, firstIsTitle } = joined;
  if (first.separator !== null) return null;
  let end = first.end;
  if (!firstIsTitle) {
    end = inlineTitleEnd(text, first.start, lineEnd(text, first.start, first.end));
    if (end === -1) return null;
  }
  const start = skipSpace(text, first.start, end - 1, isWhite);
  return [start, dropSpace(text, start, end - 1, isWhite)];
}
