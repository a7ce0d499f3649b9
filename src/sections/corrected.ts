/**
 * @file The default section splitter: the published rules with their documented fixes, MIMIC-IV's `___` left alone,
 * zero-padded and gapped lists, and nothing lost. Differences from the fixed script are named in corrected.test.ts.
 */
import { dropSpace, isWhite, skipSpace } from "./characters.js";
import { splitAtHeadings } from "./headings.js";
import { splitInlineTitles } from "./inline-titles.js";
import type { LineEnd } from "./line-ends.js";
import { type EmitSection, joinBodies } from "./join-bodies.js";
import { findListItems } from "./list-items.js";
import { splitPieces } from "./pieces.js";
import { type Segment, segmentOf } from "./segment.js";
import { twoHeadingLine } from "./two-heading-lines.js";

/** Never throws. Every character that is not white and not of a separator rule is in exactly one segment, in order. */
export function splitCorrected(text: string, lineEnd: LineEnd, emit: EmitSection): void {
  const pieces = splitPieces(text, isRule);
  const segments: Segment[] = [];
  let mayHoldTwoHeadings = !pieces.startsWithBreak;
  for (const piece of pieces.segments) {
    if (piece.separator !== null) {
      segments.push(piece);
      mayHoldTwoHeadings = false;
    } else if (mayHoldTwoHeadings) {
      mayHoldTwoHeadings = splitFirstPiece(text, lineEnd, piece, segments);
    } else splitAtHeadings(text, lineEnd, piece, isWhite, segments);
  }
  const lists: Segment[] = [];
  for (const segment of segments)
    if (segment.separator === null) splitList(text, lineEnd, segment, lists);
    else lists.push(segment);
  // Separators and empty values take part in joining, as in the script, and only then go.
  joinBodies(text, lineEnd, splitInlineTitles(text, lineEnd, lists), true, (first, second, firstIsTitle) => {
    if (first.separator !== null || first.end === first.start) return;
    const body = second === null || second.separator !== null || second.end === second.start ? null : second;
    emit(first, body, firstIsTitle);
  });
}

/** The lines of two headings at the head of a note; true when the next piece can begin with one as well. */
function splitFirstPiece(text: string, lineEnd: LineEnd, piece: Segment, segments: Segment[]): boolean {
  let start = piece.start;
  let admitted = false;
  for (const kind of ["admission", "birth"] as const) {
    const at = skipSpace(text, start, piece.end, isWhite);
    const line = twoHeadingLine(text, lineEnd, kind === "admission" ? start : at, piece.end, kind, isWhite);
    if (line === null) continue;
    segments.push(...line.segments);
    start = line.end;
    admitted = kind === "admission";
  }
  const rest = skipSpace(text, start, piece.end, isWhite);
  if (start === piece.start || rest < piece.end)
    splitAtHeadings(
      text,
      lineEnd,
      start === piece.start ? piece : segmentOf(rest, piece.end),
      isWhite,
      segments,
    );
  return admitted;
}

/**
 * A run of dashes or underscores is a separator, except three underscores with other text on their line: those are
 * what MIMIC-IV puts in the place of removed names, dates and numbers.
 */
function isRule(text: string, start: number, end: number): boolean {
  return end - start !== 3 || text.charCodeAt(start) !== UNDERSCORE || isAloneOnLine(text, start, end);
}

const UNDERSCORE = 95;
const LINE_FEED = 10;

function isAloneOnLine(text: string, start: number, end: number): boolean {
  let before = start - 1;
  while (before >= 0 && text.charCodeAt(before) !== LINE_FEED && isWhite(text.charCodeAt(before))) before--;
  if (before >= 0 && text.charCodeAt(before) !== LINE_FEED) return false;
  let after = end;
  while (text.charCodeAt(after) !== LINE_FEED && isWhite(text.charCodeAt(after))) after++;
  return after >= text.length || text.charCodeAt(after) === LINE_FEED;
}

function splitList(text: string, lineEnd: LineEnd, segment: Segment, cut: Segment[]): void {
  let { start } = segment;
  for (const item of findListItems(text, lineEnd, segment.start, segment.end)) {
    const from = skipSpace(text, start, item, isWhite);
    if (from < item) cut.push(segmentOf(from, dropSpace(text, from, item, isWhite)));
    start = item;
  }
  if (start === segment.start) cut.push(segment);
  else cut.push(segmentOf(start, dropSpace(text, start, segment.end, isWhite)));
}
