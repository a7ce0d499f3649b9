/** @file The frame of a record in TFRecord and TensorBoard files (tsl/lib/io/record_writer.h): length, masked checksum, data, masked checksum. */
import { crc32c, maskCrc32c } from "./crc32c.js";

/** Bytes before and behind the data. */
export const FRAME_HEAD = 12;
export const FRAME_FOOT = 4;

/** Puts the frame around the `length` bytes of data that lie at `at` + `FRAME_HEAD`; returns the end of the record. */
export function putFrame(bytes: Uint8Array, at: number, length: number): number {
  putUint32(bytes, at, length);
  putUint32(bytes, at + 4, 0); // lengths are 64-bit; no record reaches 4 GiB
  putUint32(bytes, at + 8, maskCrc32c(crc32c(bytes, at, at + 8)));
  const end = at + FRAME_HEAD + length;
  putUint32(bytes, end, maskCrc32c(crc32c(bytes, at + FRAME_HEAD, end)));
  return end + FRAME_FOOT;
}

function putUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}
