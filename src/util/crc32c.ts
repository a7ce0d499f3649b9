/** @file CRC-32C (Castagnoli), the checksum of TFRecords and TensorFlow checkpoints, eight bytes a step. */

const POLYNOMIAL = 0x82f63b78;
/** `masked` of TensorFlow's crc32c.h. */
const MASK_DELTA = 0xa282ead8;

const TABLES = buildTables();

/** Eight tables of 256 entries, one after another ("slicing by 8"). */
function buildTables(): Uint32Array {
  const tables = new Uint32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    tables[byte] = crc;
  }
  for (let byte = 0; byte < 256; byte++)
    for (let table = 1; table < 8; table++) {
      const before = tables[(table - 1) * 256 + byte]!;
      tables[table * 256 + byte] = (before >>> 8) ^ tables[before & 255]!;
    }
  return tables;
}

/** The checksum of `bytes`, or of everything before and `bytes` when `previous` is the checksum of what came before. */
export function crc32c(bytes: Uint8Array, previous = 0): number {
  let crc = ~previous;
  let at = 0;
  for (const end = bytes.length - 7; at < end; at += 8) {
    crc ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    crc =
      TABLES[1792 + (crc & 255)]! ^
      TABLES[1536 + ((crc >>> 8) & 255)]! ^
      TABLES[1280 + ((crc >>> 16) & 255)]! ^
      TABLES[1024 + (crc >>> 24)]! ^
      TABLES[768 + bytes[at + 4]!]! ^
      TABLES[512 + bytes[at + 5]!]! ^
      TABLES[256 + bytes[at + 6]!]! ^
      TABLES[bytes[at + 7]!]!;
  }
  for (; at < bytes.length; at++) crc = (crc >>> 8) ^ TABLES[(crc ^ bytes[at]!) & 255]!;
  return ~crc >>> 0;
}

/** TensorFlow stores checksums rotated and shifted, so that a checksum of bytes with checksums in them is no trap. */
export function maskCrc32c(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0;
}
