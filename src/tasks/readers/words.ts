/** @file Words and lines of a text as the formats delimit them. */
import type { Span } from "../../notes/span.js";

/** Runs of anything but blank, tab and line ends in `text[from, to)`. */
export function splitWords(text: string, from = 0, to = text.length): Span[] {
  const words: Span[] = [];
  let start = -1;
  for (let at = from; at <= to; at++) {
    const unit = at < to ? text.charCodeAt(at) : 32;
    const space = unit === 32 || (unit >= 9 && unit <= 13);
    if (space && start >= 0) {
      words.push([start, at]);
      start = -1;
    } else if (!space && start < 0) start = at;
  }
  return words;
}

/** Lines without their ends (LF, CRLF or CR); a last empty line is none. */
export function splitLines(text: string): Span[] {
  const lines: Span[] = [];
  let start = 0;
  for (const match of text.matchAll(/\r\n|\n|\r/g)) {
    lines.push([start, match.index]);
    start = match.index + match[0].length;
  }
  if (start < text.length) lines.push([start, text.length]);
  return lines;
}

/** The lines of `text` that hold a word. */
export function nonBlankLines(text: string): Span[] {
  return splitLines(text).filter(([start, end]) => text.slice(start, end).trim() !== "");
}
