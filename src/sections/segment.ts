/** @file A stretch of a note between two cuts, the working unit of both rule sets. */

/** What stands in the text instead of its characters: a rule of three or more dashes or underscores. */
export type Separator = "-----" | "_____";

export interface Segment {
  readonly start: number;
  readonly end: number;
  /** Set when the segment is a separator rule. */
  readonly separator: Separator | null;
  /** The published script puts a line feed before a numbered list and, in some cases, leaves it there. */
  readonly newline: boolean;
}

export function segmentOf(start: number, end: number): Segment {
  return { start, end, separator: null, newline: false };
}
