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

/** What a record says beside its ids; `count` of the positions and labels are good. */
export interface RecordRest {
  readonly length: number;
  readonly firstLength: number;
  readonly positions: Int32Array;
  readonly labels: Int32Array;
  readonly count: number;
  readonly isRandomNext: boolean;
}

/** All of a record; `length` of the ids are good. */
export interface RecordParts extends RecordRest {
  readonly ids: IdArray;
}

export function partsOfInstance(instance: PretrainingInstance): RecordParts {
  const { ids, segmentIds, maskedPositions, maskedIds, isRandomNext } = instance;
  const boundary = segmentIds.indexOf(1);
  return {
    ids,
    length: ids.length,
    firstLength: boundary === -1 ? ids.length : boundary,
    positions: maskedPositions,
    labels: maskedIds,
    count: maskedIds.length,
    isRandomNext,
  };
}

export function instanceOfParts(parts: RecordParts): PretrainingInstance {
  const { ids, length, firstLength, positions, labels, count, isRandomNext } = parts;
  return {
    ids: Int32Array.from(ids.subarray(0, length)),
    segmentIds: segmentIdsOf(length, firstLength),
    maskedPositions: positions.slice(0, count),
    maskedIds: labels.slice(0, count),
    isRandomNext,
  };
}

/** One record at a time: `ids` are filled in place, `seal` adds the rest; then `bytes[0, length)` is the record. */
export class RecordBuffer {
  readonly bytes: Uint8Array;
  readonly ids: IdArray;
  length = 0;
  readonly #halves: Uint16Array;
  readonly #idBytes: IdBytes;

  constructor(idBytes: IdBytes, maxLength: number, maxPredictions: number) {
    const buffer = new ArrayBuffer(recordBytes(maxLength, maxPredictions, idBytes));
    this.bytes = new Uint8Array(buffer);
    this.ids = new (idBytes === 2 ? Uint16Array : Int32Array)(buffer, RECORD_HEADER_BYTES, maxLength);
    this.#halves = new Uint16Array(buffer);
    this.#idBytes = idBytes;
  }

  seal({ length, firstLength, positions, labels, count, isRandomNext }: RecordRest): void {
    const halves = this.#halves;
    this.length = recordBytes(length, count, this.#idBytes);
    halves[2] = length;
    halves[3] = firstLength;
    halves[4] = count;
    halves[5] = isRandomNext ? RANDOM_NEXT : 0;
    let next = (RECORD_HEADER_BYTES + length * this.#idBytes) / 2;
    for (let index = 0; index < count; index++) halves[next++] = positions[index]!;
    for (let index = 0; index < count; index++) {
      const label = labels[index]!;
      halves[next++] = label;
      if (this.#idBytes === 4) halves[next++] = label >>> 16;
    }
    const crc = crc32c(this.bytes, 4, this.length);
    halves[0] = crc;
    halves[1] = crc >>> 16;
  }

  /** Copies `instance`, which must fit. */
  put(instance: PretrainingInstance): void {
    this.ids.set(instance.ids);
    this.seal(partsOfInstance(instance));
  }
}

/** Takes one record after another apart, into arrays that the next one overwrites. */
export class RecordReader implements RecordParts {
  readonly ids: IdArray;
  readonly positions: Int32Array;
  readonly labels: Int32Array;
  length = 0;
  firstLength = 0;
  count = 0;
  isRandomNext = false;
  readonly #bytes: Uint8Array;
  readonly #halves: Uint16Array;
  readonly #idBytes: IdBytes;

  constructor(idBytes: IdBytes, maxLength: number, maxPredictions: number) {
    const buffer = new ArrayBuffer(recordBytes(maxLength, maxPredictions, idBytes));
    this.#bytes = new Uint8Array(buffer);
    this.#halves = new Uint16Array(buffer);
    this.ids = new (idBytes === 2 ? Uint16Array : Int32Array)(buffer, RECORD_HEADER_BYTES, maxLength);
    this.positions = new Int32Array(maxPredictions);
    this.labels = new Int32Array(maxPredictions);
    this.#idBytes = idBytes;
  }

  /** False when length or checksum of `record` are wrong. */
  load(record: Uint8Array): boolean {
    const halves = this.#halves;
    if (record.length < RECORD_HEADER_BYTES || record.length > this.#bytes.length) return false;
    this.#bytes.set(record);
    this.length = halves[2]!;
    this.firstLength = halves[3]!;
    this.count = halves[4]!;
    this.isRandomNext = (halves[5]! & RANDOM_NEXT) !== 0;
    if (record.length !== recordBytes(this.length, this.count, this.#idBytes)) return false;
    if (this.length > this.ids.length || this.count > this.positions.length) return false;
    if (crc32c(record, 4) !== (halves[0]! | (halves[1]! << 16)) >>> 0) return false;
    let next = (RECORD_HEADER_BYTES + this.length * this.#idBytes) / 2;
    for (let index = 0; index < this.count; index++) this.positions[index] = halves[next++]!;
    for (let index = 0; index < this.count; index++) {
      const low = halves[next++]!;
      this.labels[index] = this.#idBytes === 2 ? low : low | (halves[next++]! << 16);
    }
    return true;
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
