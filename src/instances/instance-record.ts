/** @file One instance as bytes: the record of the native format and of spill files (docs/formats.md). */
import { crc32c } from "../util/crc32c.js";
import type { PretrainingInstance } from "./instance.js";
import type { InstanceDraft } from "./instance-maker.js";
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

/** Parts of an instance as the encoder takes them; `count` of the masked ones and `length` of the ids are good. */
export interface RecordParts {
  readonly ids: Int32Array;
  readonly length: number;
  readonly firstLength: number;
  readonly positions: Int32Array;
  readonly labels: Int32Array;
  readonly count: number;
  readonly isRandomNext: boolean;
}

export function partsOfDraft(draft: InstanceDraft): RecordParts {
  const { positions, labels, count } = draft.masker;
  const { ids, length, firstLength, isRandomNext } = draft;
  return { ids, length, firstLength, positions, labels, count, isRandomNext };
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
    count: maskedPositions.length,
    isRandomNext,
  };
}

/** Writes the record at `at` of `target`, which must have room; returns where it ends. */
export function encodeRecord(parts: RecordParts, target: Uint8Array, at: number, idBytes: IdBytes): number {
  const { ids, length, positions, labels, count } = parts;
  let next = at + 4;
  next = putUint16(target, next, length);
  next = putUint16(target, next, parts.firstLength);
  next = putUint16(target, next, count);
  next = putUint16(target, next, parts.isRandomNext ? RANDOM_NEXT : 0);
  for (let index = 0; index < length; index++) next = putId(target, next, ids[index]!, idBytes);
  for (let index = 0; index < count; index++) next = putUint16(target, next, positions[index]!);
  for (let index = 0; index < count; index++) next = putId(target, next, labels[index]!, idBytes);
  const crc = crc32c(target, at + 4, next);
  putUint16(target, at, crc & 0xffff);
  putUint16(target, at + 2, crc >>> 16);
  return next;
}

function putUint16(target: Uint8Array, at: number, value: number): number {
  target[at] = value;
  target[at + 1] = value >>> 8;
  return at + 2;
}

function putId(target: Uint8Array, at: number, id: number, idBytes: IdBytes): number {
  target[at] = id;
  target[at + 1] = id >>> 8;
  if (idBytes === 4) {
    target[at + 2] = id >>> 16;
    target[at + 3] = id >>> 24;
  }
  return at + idBytes;
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
