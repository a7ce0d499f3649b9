/** @file The text around a word that a model is asked to fill: as much as it can read, the word in the middle. */
import type { Span } from "clinicalbert/browser";
import type { Pieces } from "../worker/messages.js";

/** The mask, [CLS] and [SEP], and one to spare on each side where the cut makes another piece. */
const RESERVED = 5;

/** `text` around `word` with `mask` in its place, of at most `maxLength` tokens. */
export function maskContext(
  text: string,
  [start, end]: Span,
  mask: string,
  { bounds }: Pick<Pieces, "bounds">,
  maxLength: number,
): string {
  const count = bounds.length / 2;
  const firstAfter = firstIndex(count, (piece) => bounds[2 * piece]! >= end);
  const firstWithin = firstIndex(count, (piece) => bounds[2 * piece + 1]! > start);
  const room = Math.max(0, maxLength - RESERVED);
  const before = Math.min(firstWithin, Math.max(Math.ceil(room / 2), room - (count - firstAfter)));
  const after = Math.min(count - firstAfter, room - before);
  const from = before === 0 ? start : bounds[2 * (firstWithin - before)]!;
  const to = after === 0 ? end : bounds[2 * (firstAfter + after - 1) + 1]!;
  return `${text.slice(from, start)}${mask}${text.slice(end, to)}`;
}

function firstIndex(count: number, holds: (index: number) => boolean): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
