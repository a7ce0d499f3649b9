/** @file CRC-32C (Castagnoli) and the masked form that TensorFlow's record files use. */
import { type CrcUpdate, createCrcKernel, SLICES } from "./crc32c-kernel.js";

const POLYNOMIAL = 0x82f63b78;
/** Shorter inputs are done before they would be handed over. */
const LEAST_FOR_KERNEL = 64;

/** int32[16 · 256]: entry 256 k + b is the checksum of byte b followed by k zero bytes. */
export const CRC_TABLES: Int32Array = buildTables();
let kernel: CrcUpdate | null = null;

function buildTables(): Int32Array {
  const tables = new Int32Array(SLICES * 256);
  for (let byte = 0; byte < 256; byte++) {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = (value & 1) !== 0 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1;
    tables[byte] = value;
  }
  for (let index = 256; index < tables.length; index++) {
    const value = tables[index - 256]!;
    tables[index] = (value >>> 8) ^ tables[value & 255]!;
  }
  return tables;
}

/** CRC-32C of `bytes[from, to)`, as an unsigned number; `seed` continues an earlier one. */
export function crc32c(bytes: Uint8Array, from = 0, to = bytes.length, seed = 0): number {
  let crc = ~seed;
  if (to - from >= LEAST_FOR_KERNEL) {
    kernel ??= createCrcKernel(CRC_TABLES);
    crc = kernel(bytes, from, to, crc);
  } else for (let at = from; at < to; at++) crc = (crc >>> 8) ^ CRC_TABLES[(crc ^ bytes[at]!) & 255]!;
  return ~crc >>> 0;
}

export const CRC_MASK_DELTA = 0xa282ead8;

/** TensorFlow's masking (tsl/lib/hash/crc32c.h): rotated right by 15 and a constant added, so that a checksum of checksums is sound. */
export function maskCrc32c(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + CRC_MASK_DELTA) >>> 0;
}
