/** @file Joins a heading with its one-line body, the last step of both rule sets. */
import type { Span } from "../notes/span.js";
import { dropSpace, isWhite, skipSpace } from "./characters.js";
import type { LineEnd } from "./line-ends.js";
import type { Segment } from "./segment.js";
import { inlineTitleEnd, isTitle } from "./titles.js";

/** Gets the segments of one section: with two, the first is a heading. */
export type EmitSection = (first: Segment, second: Segment | null, firstIsTitle: boolean) => void;

/**
 * A segment of one line between two headings, or between a heading and the end, goes with the heading before it
 * (heuristic_tokenize.py:267-293). When something else follows, the published script loses it; `keepAll` keeps it.
 */
export function joinBodies(
  text: string,
  lineEnd: LineEnd,
  segments: readonly Segment[],
  keepAll: boolean,
  emit: EmitSection,
): void {
  const last = segments.length - 1;
  let held: Segment | null = null;
  let isTitle = last >= 0 && isTitleSegment(text, segments[0]!);
  for (let index = 0; index <= last; index++) {
    const segment = segments[index]!;
    const nextIsTitle = index < last && isTitleSegment(text, segments[index + 1]!);
    if (held !== null && !isTitle && isOneLine(lineEnd, segment)) {
      if (index === last || nextIsTitle) emit(held, segment, true);
      else {
        emit(held, null, true);
        if (keepAll) emit(segment, null, false);
      }
      held = null;
    } else {
      if (held !== null) emit(held, null, true);
      held = isTitle ? segment : null;
      if (!isTitle) emit(segment, null, false);
    }
    isTitle = nextIsTitle;
  }
  if (held !== null) emit(held, null, true);
}

function isTitleSegment(text: string, segment: Segment): boolean {
  return segment.separator === null && isTitle(text, segment.start, segment.end);
}

function isOneLine(lineEnd: LineEnd, segment: Segment): boolean {
  return !segment.newline && lineEnd(segment.start, segment.end) === segment.end;
}

/** The heading of a section without its colon and the white space around it; `null` when it has none. */
export function titleSpan(
  text: string,
  lineEnd: LineEnd,
  first: Segment,
  firstIsTitle: boolean,
): Span | null {
  if (first.separator !== null) return null;
  let end = first.end;
  if (!firstIsTitle) {
    end = inlineTitleEnd(text, first.start, lineEnd(first.start, first.end));
    if (end === -1) return null;
  }
  const start = skipSpace(text, first.start, end - 1, isWhite);
  return [start, dropSpace(text, start, end - 1, isWhite)];
}
