/**
 * @file The published section splitter, quirks included: sent_tokenize_rules of EmilyAlsentzer/clinicalBERT
 * lm_pretraining/heuristic_tokenize.py (commit a9d9169). Its losses and its errors are reproduced on purpose.
 */
import { ClinicalBertError } from "../errors.js";
import { dropSpace, isPythonSpace, skipSpace } from "./characters.js";
import { splitAtFirstOccurrences } from "./headings.js";
import { splitInlineTitles } from "./inline-titles.js";
import type { LineEnd } from "./line-ends.js";
import { type EmitSection, joinBodies } from "./join-bodies.js";
import { findListHeads, type ListHead } from "./list-heads.js";
import { countMatchedNumbers, readNumber } from "./list-numbers.js";
import { splitPieces } from "./pieces.js";
import { type Segment, segmentOf } from "./segment.js";
import { twoHeadingLine } from "./two-heading-lines.js";

/** Emits the sections; throws `SECTIONS_REFUSED` where the script raises an exception. Linear in the length of `text`. */
export function splitAlsentzer2019(text: string, lineEnd: LineEnd, emit: EmitSection): void {
  const pieces = splitPieces(text, () => true);
  const segments: Segment[] = [];
  let index = 0;
  if (!pieces.startsWithBreak) {
    const start = pieces.segments[0];
    const admission =
      start && twoHeadingLine(text, lineEnd, start.start, start.end, "admission", isPythonSpace);
    if (admission) {
      // The rest of the piece is lost, and a note that is nothing else ends in an IndexError (line 73).
      segments.push(...admission.segments);
      index = 1;
      if (!pieces.hasBreak)
        throw refusal("the note has nothing after its admission date", "IndexError", start.end);
    }
    const second = pieces.segments[index];
    const birth = second && twoHeadingLine(text, lineEnd, second.start, second.end, "birth", isPythonSpace);
    if (birth && second.separator === null) {
      segments.push(...birth.segments);
      index++;
    }
  }
  for (; index < pieces.segments.length; index++) {
    const piece = pieces.segments[index]!;
    if (piece.separator === null) splitAtFirstOccurrences(text, lineEnd, piece, segments);
    else segments.push(piece);
  }
  const lists: Segment[] = [];
  for (const segment of segments)
    if (segment.separator === null) splitList(text, lineEnd, segment, lists);
    else lists.push(segment);
  joinBodies(text, lineEnd, splitInlineTitles(text, lineEnd, lists), false, emit);
}

/** heuristic_tokenize.py:147-197. */
function splitList(text: string, lineEnd: LineEnd, segment: Segment, cut: Segment[]): void {
  const { start, end } = segment;
  const heads = findListHeads(text, lineEnd, start, end);
  if (heads.length === 0) {
    cut.push(segment);
    return;
  }
  const first = readNumber(text, heads[0]!);
  if (first === null) throw refusal("a list begins with too long a number", "ValueError", heads[0]!.start);
  const count = countMatchedNumbers(text, lineEnd, start, end, first);
  if (count === 0 || (count === 1 && first === "0")) {
    cut.push({ start, end, separator: null, newline: true });
    return;
  }
  if (count > heads.length)
    throw refusal(
      "a list has fewer items than it has lines that begin with its numbers",
      "AttributeError",
      start,
    );
  cutAtHeads(text, segment, heads.slice(0, count), cut);
}

function cutAtHeads(text: string, segment: Segment, heads: readonly ListHead[], cut: Segment[]): void {
  let start = segment.start;
  for (const head of heads) {
    const from = skipSpace(text, start, head.start, isPythonSpace);
    if (from < head.start) cut.push(segmentOf(from, dropSpace(text, from, head.start, isPythonSpace)));
    start = head.start;
  }
  cut.push(segmentOf(start, dropSpace(text, start, segment.end, isPythonSpace)));
}

function refusal(what: string, python: string, offset: number): ClinicalBertError {
  return new ClinicalBertError(
    "SECTIONS_REFUSED",
    `The published script raises ${python} on this note: ${what} (offset ${offset}).`,
    { details: { python, offset } },
  );
}
