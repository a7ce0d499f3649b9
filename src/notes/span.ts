/** @file A half-open range of the original note. */

/** `[start, end)` in UTF-16 code units of the original note, the unit of JavaScript strings. */
export type Span = readonly [start: number, end: number];

/** The characters that `span` covers. */
export function sliceSpan(text: string, span: Span): string {
  return text.slice(span[0], span[1]);
}

/** The slices of several spans, joined by one space. */
export function joinSpans(text: string, spans: readonly Span[]): string {
  if (spans.length === 1) return sliceSpan(text, spans[0]!);
  return spans.map((span) => sliceSpan(text, span)).join(" ");
}

/** True when spans lie inside a text of `length` units, in order and without overlap. */
export function areOrderedSpans(spans: readonly Span[], length: number): boolean {
  let end = 0;
  for (const [start, stop] of spans) {
    if (start < end || stop < start || stop > length) return false;
    end = stop;
  }
  return true;
}
