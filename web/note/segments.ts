/** @file Overlays on a stretch of a note as a row of segments, each with all that covers it. */
import type { Span } from "clinicalbert/browser";

/** Something drawn over the note: an entity, a sentence, a word piece, the chosen word. */
export interface Overlay {
  readonly span: Span;
  /** Overlays of one layer do not overlap. */
  readonly layer: string;
  readonly index: number;
}

/** Neighbouring characters under the same overlays. */
export interface Segment {
  readonly start: number;
  readonly end: number;
  readonly overlays: readonly Overlay[];
}

/** Segments that cover `range` without hole; `overlays` may reach beyond it. */
export function cutSegments([from, to]: Span, overlays: readonly Overlay[]): Segment[] {
  const inside = overlays.filter(({ span: [start, end] }) => start < to && end > from && end > start);
  const borders = new Set([from, to]);
  for (const { span } of inside)
    for (const border of span) if (border > from && border < to) borders.add(border);
  const sorted = [...borders].sort((a, b) => a - b);
  const starting = [...inside].sort((a, b) => a.span[0] - b.span[0]);
  const segments: Segment[] = [];
  let open: Overlay[] = [];
  let next = 0;
  for (let place = 0; place + 1 < sorted.length; place++) {
    const [start, end] = [sorted[place]!, sorted[place + 1]!];
    open = open.filter(({ span }) => span[1] > start);
    while (next < starting.length && starting[next]!.span[0] <= start) {
      const overlay = starting[next++]!;
      if (overlay.span[1] > start) open.push(overlay);
    }
    segments.push({ start, end, overlays: [...open] });
  }
  return segments;
}

/** Those of `items`, ordered and without overlap, that touch a range: a slice found by bisection. */
export function within<T>(items: readonly T[], spanOf: (item: T) => Span, [from, to]: Span): readonly T[] {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (spanOf(items[middle]!)[1] <= from) low = middle + 1;
    else high = middle;
  }
  let end = low;
  while (end < items.length && spanOf(items[end]!)[0] < to) end++;
  return items.slice(low, end);
}
