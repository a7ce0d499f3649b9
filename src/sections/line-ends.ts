/** @file Finds the ends of lines within stretches of a note. */

/** Index of the first line feed in `[start, end)`, or `end`. */
export type LineEnd = (start: number, end: number) => number;

/**
 * A finder for one note. It remembers the line feed that it found last: a search from another place of the same line, as
 * they come by the thousand in a note of one endless line, costs nothing, and going through a note stays linear.
 */
export function createLineEnd(text: string): LineEnd {
  let from = 0;
  let feed = -1;
  return (start, end) => {
    if (start < from || start > feed) {
      from = start;
      const found = text.indexOf("\n", start);
      feed = found === -1 ? Number.POSITIVE_INFINITY : found;
    }
    return feed < end ? feed : end;
  };
}
