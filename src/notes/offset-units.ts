/** @file Offsets in UTF-16 units, code points or bytes of UTF-8, and the way between them. */
import type { Span } from "./span.js";

export type OffsetUnit = "utf16" | "codepoint" | "byte";

export const OFFSET_UNITS: readonly OffsetUnit[] = ["utf16", "codepoint", "byte"];

/** Turns UTF-16 spans of `text` into spans of another unit. A lone surrogate counts as one code point, three bytes. */
export function spanConverter(text: string, unit: OffsetUnit): (span: Span) => Span {
  if (unit === "utf16") return (span) => span;
  const offsets = offsetTable(text, unit);
  return ([start, end]) => [offsets[start]!, offsets[end]!];
}

/** Turns an offset in `unit` into UTF-16 units of `text`; `null` outside the text and within a character. */
export function offsetReader(text: string, unit: OffsetUnit): (offset: number) => number | null {
  if (unit === "utf16") return (offset) => (offset >= 0 && offset <= text.length ? offset : null);
  const offsets = offsetTable(text, unit);
  const places = new Int32Array(offsets[text.length]! + 1).fill(-1);
  for (let at = text.length; at >= 0; at--) places[offsets[at]!] = at;
  return (offset) => {
    const place = places[offset] ?? -1;
    return place < 0 ? null : place;
  };
}

/** For each UTF-16 index of `text`, its end included, the offset in `unit`. */
function offsetTable(text: string, unit: "codepoint" | "byte"): Uint32Array {
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
  return offsets;
}

function utf8Length(point: number): number {
  return point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
}
