/** @file Words of a note around an offset, for the pointer and the arrow keys. Looks no farther than it must. */
import type { Span } from "clinicalbert/browser";

/** Longest run that is looked through for the ends of one word, and for the next one. */
const LONGEST_WORD = 100;
const FARTHEST = 5000;

const WORD = /[\p{L}\p{N}\p{M}]/u;

function isWordUnit(unit: string | undefined): boolean {
  // A half of a surrogate pair belongs to its word.
  return unit !== undefined && (WORD.test(unit) || /[\uD800-\uDFFF]/.test(unit));
}

/** The word that holds `offset`; a single mark of punctuation is one too; `null` on white space. */
export function wordAt(text: string, offset: number): Span | null {
  const unit = text[offset];
  if (unit === undefined || /\s/.test(unit)) return null;
  if (!isWordUnit(unit)) return [offset, offset + 1];
  let start = offset;
  while (offset - start < LONGEST_WORD && isWordUnit(text[start - 1])) start--;
  let end = offset + 1;
  while (end - offset < LONGEST_WORD && isWordUnit(text[end])) end++;
  return [start, end];
}

/** The first word of letters or digits after `offset`. */
export function wordAfter(text: string, offset: number): Span | null {
  const stop = Math.min(text.length, offset + FARTHEST);
  for (let at = offset; at < stop; at++) if (isWordUnit(text[at])) return wordAt(text, at);
  return null;
}

/** The last word of letters or digits that ends at or before `offset`. */
export function wordBefore(text: string, offset: number): Span | null {
  const stop = Math.max(0, offset - FARTHEST);
  for (let at = offset - 1; at >= stop; at--) if (isWordUnit(text[at])) return wordAt(text, at);
  return null;
}
