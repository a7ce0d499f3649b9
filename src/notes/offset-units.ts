/** @file Spans in other units than UTF-16: code points (Python's strings) and bytes of UTF-8. */
import type { Span } from "./span.js";

export type OffsetUnit = "utf16" | "codepoint" | "byte";

export const OFFSET_UNITS: readonly OffsetUnit[] = ["utf16", "codepoint", "byte"];

/** Turns UTF-16 spans of `text` into spans of another unit. A lone surrogate counts as one code point, three bytes. */
export function spanConverter(text: string, unit: OffsetUnit): (span: Span) => Span {
  if (unit === "utf16") return (span) => span;
  const offsets = new Uint32Array(text.length + 1);
  let offset = 0;
  for (let at = 0; at < text.length; ) {
    const point = text.codePointAt(at)!;
    const units = point > 0xffff ? 2 : 1;
    for (let index = 0; index < units; index++) offsets[at + index] = offset;
    offset += unit === "codepoint" ? 1 : utf8Length(point);
    at += units;
  }
  offsets[text.length] = offset;
  return ([start, end]) => [offsets[start]!, offsets[end]!];
}

function utf8Length(point: number): number {
  return point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
}
