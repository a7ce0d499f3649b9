/** @file One instance as bytes: the record of the native format and of spill files (docs/formats.md). */
import { crc32c } from "../util/crc32c.js";
import type { PretrainingInstance } from "./instance.js";
import { segmentIdsOf } from "./segment-ids.js";

/** u32 checksum of the rest; u16 tokens, tokens of the first segment, masked positions, flags. */
export const RECORD_HEADER_BYTES = 12;
const RANDOM_NEXT = 1;

/** Bytes of an id: 2 for vocabularies of up to 65,536 tokens, 4 above. */
export type IdBytes = 2 | 4;

export function idBytesFor(vocabularySize: number): IdBytes {
  return vocabularySize <= 0x10000 ? 2 : 4;
}

export function recordBytes(length: number, predictions: number, idBytes: IdBytes): number {
  return RECORD_HEADER_BYTES + length * idBytes + predictions * (2 + idBytes);
}

/** Bytes of the record that begins at `at`. */
export function recordLength(bytes: Uint8Array, at: number, idBytes: IdBytes): number {
  const length = bytes[at + 4]! | (bytes[at + 5]! << 8);
  const predictions = bytes[at + 8]! | (bytes[at + 9]! << 8);
  return recordBytes(length, predictions, idBytes);
}

/** The records that lie one behind the other in `bytes`. */
export function* eachRecord(bytes: Uint8Array, idBytes: IdBytes): Generator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.length; ) {
    const end = at + recordLength(bytes, at, idBytes);
    yield bytes.subarray(at, end);
    at = end;
  }
}

export type IdArray = Uint16Array | Int32Array;

/** One record at a time: `bytes[0, length)` is the last. */
export class RecordBuffer {
  readonly bytes: Uint8Array;
  length = 0;
  readonly #ids: IdArray;
  readonly #halves: Uint16Array;
  readonly #idBytes: IdBytes;

  constructor(idBytes: IdBytes, maxLength: number, maxPredictions: number) {
    const buffer = new ArrayBuffer(recordBytes(maxLength, maxPredictions, idBytes));
    this.bytes = new Uint8Array(buffer);
    this.#ids = new (idBytes === 2 ? Uint16Array : Int32Array)(buffer, RECORD_HEADER_BYTES, maxLength);
    this.#halves = new Uint16Array(buffer);
    this.#idBytes = idBytes;
  }

  /** Copies `instance`, which must fit. */
  put({ ids, segmentIds, maskedPositions, maskedIds, isRandomNext }: PretrainingInstance): void {
    const halves = this.#halves;
    const boundary = segmentIds.indexOf(1);
    this.length = recordBytes(ids.length, maskedIds.length, this.#idBytes);
    halves[2] = ids.length;
    halves[3] = boundary === -1 ? ids.length : boundary;
    halves[4] = maskedIds.length;
    halves[5] = isRandomNext ? RANDOM_NEXT : 0;
    this.#ids.set(ids);
    let next = (RECORD_HEADER_BYTES + ids.length * this.#idBytes) / 2;
    for (const position of maskedPositions) halves[next++] = position;
    for (const label of maskedIds) {
      halves[next++] = label;
      if (this.#idBytes === 4) halves[next++] = label >>> 16;
    }
    const crc = crc32c(this.bytes, 4, this.length);
    halves[0] = crc;
    halves[1] = crc >>> 16;
  }
}

/** The instance in `bytes`; `null` when length or checksum are wrong. */
export function decodeRecord(bytes: Uint8Array, idBytes: IdBytes): PretrainingInstance | null {
  if (bytes.length < RECORD_HEADER_BYTES) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint16(4, true);
  const count = view.getUint16(8, true);
  if (bytes.length !== recordBytes(length, count, idBytes)) return null;
  if (crc32c(bytes, 4) !== view.getUint32(0, true)) return null;
  const positionsAt = RECORD_HEADER_BYTES + length * idBytes;
  return {
    ids: readRow(bytes, RECORD_HEADER_BYTES, length, idBytes),
    segmentIds: segmentIdsOf(length, view.getUint16(6, true)),
    maskedPositions: readRow(bytes, positionsAt, count, 2),
    maskedIds: readRow(bytes, positionsAt + 2 * count, count, idBytes),
    isRandomNext: (view.getUint16(10, true) & RANDOM_NEXT) !== 0,
  };
}

function readRow(bytes: Uint8Array, from: number, values: number, width: IdBytes): Int32Array {
  const row = new Int32Array(values);
  let at = from;
  for (let index = 0; index < values; index++, at += width) {
    const low = bytes[at]! | (bytes[at + 1]! << 8);
    row[index] = width === 2 ? low : low | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
  }
  return row;
}
