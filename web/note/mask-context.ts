/** @file The text around a word that a model is asked to fill: whole sentences, as many as it can read. */
import type { Span } from "clinicalbert/browser";
import type { Pieces } from "../worker/messages.js";

/** The mask, [CLS] and [SEP], and one to spare on each side where the cut makes another piece. */
const RESERVED = 5;

export interface MaskContextOptions {
  /** The mask token of the model. */
  readonly mask: string;
  /** Longest text in tokens. */
  readonly maxLength: number;
}

/**
 * `text` around `word` with the mask in its place: its sentence and its neighbours on both sides, in turn, while they fit.
 * Of a sentence that does not fit, as much as does, the word in the middle. `sentences` are in order.
 */
export function maskContext(
  text: string,
  word: Span,
  { bounds }: Pick<Pieces, "bounds">,
  sentences: readonly Span[],
  { mask, maxLength }: MaskContextOptions,
): string {
  const count = bounds.length / 2;
  const room = Math.max(0, maxLength - RESERVED);
  /** Pieces that start before an offset. */
  const before = (offset: number) => firstIndex(count, (piece) => bounds[2 * piece]! >= offset);
  const sizeOf = ([start, end]: Span) => before(end) - before(start);
  const masked = ([start, end]: Span) => `${text.slice(start, word[0])}${mask}${text.slice(word[1], end)}`;

  const own = sentences.findIndex(([start, end]) => start <= word[0] && word[1] <= end);
  if (own === -1 || sizeOf(sentences[own]!) > room) {
    const [first, last] = [before(word[0]), before(word[1])];
    const left = Math.min(first, Math.max(Math.ceil(room / 2), room - (count - last)));
    const right = Math.min(count - last, room - left);
    const start = left === 0 ? word[0] : bounds[2 * (first - left)]!;
    return masked([start, right === 0 ? word[1] : bounds[2 * (last + right) - 1]!]);
  }
  let [low, high] = [own, own];
  for (let grown = true; grown; ) {
    grown = false;
    for (const [nextLow, nextHigh] of [
      [low, high + 1],
      [low - 1, high],
    ] as const) {
      const [from, to] = [sentences[nextLow], sentences[nextHigh]];
      if (from === undefined || to === undefined || sizeOf([from[0], to[1]]) > room) continue;
      [low, high] = [nextLow, nextHigh];
      grown = true;
    }
  }
  return masked([sentences[low]![0], sentences[high]![1]]);
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
