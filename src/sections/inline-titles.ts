/** @file Cuts segments before lines that begin with a title ("Building: West"), in both rule sets. */
import type { LineEnd } from "./line-ends.js";
import { type Segment, segmentOf } from "./segment.js";
import { inlineTitleEnd } from "./titles.js";

/** heuristic_tokenize.py:243-260. */
export function splitInlineTitles(text: string, lineEnd: LineEnd, segments: readonly Segment[]): Segment[] {
  const result: Segment[] = [];
  for (const segment of segments) {
    if (segment.separator === null) cutLines(text, lineEnd, segment, result);
    else result.push(segment);
  }
  return result;
}

function cutLines(text: string, lineEnd: LineEnd, segment: Segment, result: Segment[]): void {
  const { end } = segment;
  let { start, newline } = segment;
  for (let line = start; line < end; ) {
    const stop = lineEnd(line, end);
    if ((line > start || newline) && inlineTitleEnd(text, line, stop) !== -1) {
      // A supposed line feed alone before the title leaves an empty line.
      result.push(
        line > start ? { start, end: line - 1, separator: null, newline } : segmentOf(start, start),
      );
      start = line;
      newline = false;
    }
    line = stop + 1;
  }
  result.push({ start, end, separator: null, newline });
}
