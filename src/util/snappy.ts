/** @file Inflates raw Snappy blocks (google/snappy, format_description.txt); every length is checked before it is followed. */
import { ByteCursor } from "./byte-cursor.js";

/** Inflates `bytes` to at most `limit` bytes; `malformed` makes the error, with the offset in `bytes`. */
export function inflateSnappy(
  bytes: Uint8Array,
  limit: number,
  malformed: (what: string, offset: number) => Error,
): Uint8Array {
  const cursor = new ByteCursor(bytes, 0, (at) => malformed("Snappy data end too early", at));
  const length = cursor.varint();
  // A copy of 64 bytes needs three bytes, so that a longer block cannot be honest.
  if (length > limit || length > bytes.length * 64)
    throw malformed(`Snappy data announce ${length} bytes`, 0);
  const output = new Uint8Array(length);
  let end = 0;
  while (cursor.remaining > 0) {
    const at = cursor.position;
    const tag = cursor.uint8();
    if ((tag & 3) === 0) {
      const literal = cursor.bytes(literalLength(tag >>> 2, cursor));
      if (end + literal.length > length) throw malformed("a Snappy literal passes the end", at);
      output.set(literal, end);
      end += literal.length;
      continue;
    }
    const { count, distance } = readCopy(tag, cursor);
    if (distance === 0 || distance > end || end + count > length)
      throw malformed("a Snappy copy reaches outside the block", at);
    for (const stop = end + count; end < stop; end++) output[end] = output[end - distance]!;
  }
  if (end !== length) throw malformed(`Snappy data give ${end} of ${length} bytes`, bytes.length);
  return output;
}

/** 0-59: length − 1; 60-63: length − 1 stands in the next one to four bytes. */
function literalLength(code: number, cursor: ByteCursor): number {
  if (code < 60) return code + 1;
  let length = 0;
  for (let index = 0; index < code - 59; index++) length += cursor.uint8() * 256 ** index;
  return length + 1;
}

function readCopy(tag: number, cursor: ByteCursor): { readonly count: number; readonly distance: number } {
  switch (tag & 3) {
    case 1:
      return { count: 4 + ((tag >>> 2) & 7), distance: ((tag >>> 5) << 8) + cursor.uint8() };
    case 2:
      return { count: 1 + (tag >>> 2), distance: cursor.uint16() };
    default:
      return { count: 1 + (tag >>> 2), distance: cursor.uint32() };
  }
}
