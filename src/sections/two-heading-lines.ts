/** @file The two first lines of a MIMIC discharge summary that hold two headings each. */
import { dropSpace, skipSpace } from "./characters.js";
import type { LineEnd } from "./line-ends.js";
import { type Segment, segmentOf } from "./segment.js";

const HEADINGS = {
  admission: ["Admission Date:", "Discharge Date:"],
  birth: ["Date of Birth:", "Sex:"],
} as const;

interface TwoHeadingLine {
  /** Heading, value, heading, value; a value can be empty. */
  readonly segments: readonly Segment[];
  readonly end: number;
}

/**
 * `(First:) (.*) (Second:) (.*)` at `start` (heuristic_tokenize.py:69-77): the last ` Second: ` of the line counts.
 * `null` when the line is another.
 */
export function twoHeadingLine(
  text: string,
  lineEnd: LineEnd,
  start: number,
  end: number,
  kind: keyof typeof HEADINGS,
  isSpace: (code: number) => boolean,
): TwoHeadingLine | null {
  const [first, second] = HEADINGS[kind];
  if (!text.startsWith(`${first} `, start)) return null;
  const stop = lineEnd(start, end);
  const valueStart = start + first.length + 1;
  const line = text.slice(valueStart, stop);
  const found = line.lastIndexOf(` ${second} `);
  if (found === -1) return null;
  const secondStart = valueStart + found + 1;
  const secondEnd = secondStart + second.length;
  const trimmed = (from: number, to: number): Segment => {
    const at = skipSpace(text, from, to, isSpace);
    return segmentOf(at, dropSpace(text, at, to, isSpace));
  };
  return {
    segments: [
      segmentOf(start, start + first.length),
      trimmed(valueStart, secondStart - 1),
      segmentOf(secondStart, secondEnd),
      trimmed(secondEnd + 1, stop),
    ],
    end: stop,
  };
}
