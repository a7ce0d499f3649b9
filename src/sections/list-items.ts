/** @file The items of a numbered list as the corrected rules see them: zero-padded and gapped numbers, but no decimals. */
import { digitLength, digitValue } from "./characters.js";
import type { LineEnd } from "./line-ends.js";
import { findListHeads, type ListHead } from "./list-heads.js";

/** Longer numbers at the start of a line are years and other figures of a wrapped sentence. */
const MOST_DIGITS = 3;

/** A list may leave out so many numbers; a farther jump is a number of a wrapped sentence. */
const WIDEST_GAP = 10;

const NONE: readonly number[] = [];

/** Where each item of a list within `[start, end)` begins, in order. Linear. */
export function findListItems(text: string, lineEnd: LineEnd, start: number, end: number): readonly number[] {
  const heads = findListHeads(text, lineEnd, start, end);
  if (heads.length === 0) return NONE;
  const items: number[] = [];
  let previous: number | null = null;
  for (const head of heads) {
    if (digitLength(text, head.end + 1) > 0) continue;
    const number = shortNumber(text, head);
    if (number === null) continue;
    const follows =
      previous === null || number <= 1 || (number >= previous && number <= previous + WIDEST_GAP);
    if (!follows) continue;
    items.push(head.start);
    previous = number;
  }
  return items;
}

function shortNumber(text: string, head: ListHead): number | null {
  let number = 0;
  let digits = 0;
  for (let at = head.start; at < head.end; at += digitLength(text, at)) {
    if (++digits > MOST_DIGITS) return null;
    number = number * 10 + digitValue(text, at);
  }
  return number;
}
