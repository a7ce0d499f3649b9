/** @file The records of a TensorFlow V2 bundle's index: `BundleHeaderProto` and `BundleEntryProto` (tensor_bundle.proto). */
import type { DType } from "../../graph/dtype.js";
import { ProtoWriter, readProtoFields } from "../../util/protobuf.js";

export interface BundleHeader {
  readonly shardCount: number;
  readonly bigEndian: boolean;
}

export interface BundleEntry {
  /** `null` for an element type that is not read here (strings, resources). */
  readonly type: DType | null;
  readonly dims: readonly number[];
  readonly shard: number;
  readonly offset: number;
  readonly size: number;
  /** Masked CRC-32C of the bytes. */
  readonly crc: number;
  /** A partitioned variable: its parts stand under other keys. */
  readonly sliced: boolean;
}

/** types.proto, `DataType`. */
const TYPES: Readonly<Record<number, DType>> = {
  1: "float32",
  2: "float64",
  3: "int32",
  4: "uint8",
  5: "int16",
  6: "int8",
  9: "int64",
  10: "bool",
  14: "bfloat16",
  19: "float16",
};

const CODES = new Map(Object.entries(TYPES).map(([code, type]) => [type, Number(code)]));

/** Throws a `RangeError` for bytes that are no message. */
export function parseBundleHeader(bytes: Uint8Array): BundleHeader {
  let shardCount = 0;
  let bigEndian = false;
  for (const field of readProtoFields(bytes)) {
    if (field.wire !== "varint") continue;
    if (field.field === 1) shardCount = Number(field.value);
    else if (field.field === 2) bigEndian = field.value !== 0n;
  }
  return { shardCount, bigEndian };
}

/** Throws a `RangeError` for bytes that are no message. */
export function parseBundleEntry(bytes: Uint8Array): BundleEntry {
  let type: DType | null = null;
  let dims: readonly number[] = [];
  let shard = 0;
  let offset = 0;
  let size = 0;
  let crc = 0;
  let sliced = false;
  for (const field of readProtoFields(bytes)) {
    if (field.wire === "varint") {
      const value = Number(field.value);
      if (field.field === 1) type = TYPES[value] ?? null;
      else if (field.field === 3) shard = value;
      else if (field.field === 4) offset = value;
      else if (field.field === 5) size = value;
    } else if (field.wire === "fixed32" && field.field === 6)
      crc = new DataView(field.value.buffer, field.value.byteOffset).getUint32(0, true);
    else if (field.wire === "bytes" && field.field === 2) dims = parseShape(field.value);
    else if (field.field === 7) sliced = true;
  }
  return { type, dims, shard, offset, size, crc, sliced };
}

/** `TensorShapeProto`: repeated `Dim { int64 size }`; unknown sizes are negative there and NaN here. */
function parseShape(bytes: Uint8Array): number[] {
  const dims: number[] = [];
  for (const field of readProtoFields(bytes)) {
    if (field.wire !== "bytes" || field.field !== 2) continue;
    let size = 0;
    for (const part of readProtoFields(field.value))
      if (part.wire === "varint" && part.field === 1) size = Number(BigInt.asIntN(64, part.value));
    dims.push(size);
  }
  return dims;
}

export function writeBundleHeader(shardCount: number): Uint8Array {
  return new ProtoWriter().varint(1, shardCount).message(3, new ProtoWriter().varint(1, 1)).toBytes();
}

export function writeBundleEntry(entry: {
  readonly type: DType;
  readonly dims: readonly number[];
  readonly offset: number;
  readonly size: number;
  readonly crc: number;
}): Uint8Array {
  const shape = new ProtoWriter();
  for (const dim of entry.dims) shape.message(2, new ProtoWriter().varint(1, dim));
  const message = new ProtoWriter().varint(1, CODES.get(entry.type)!).message(2, shape);
  // Fields of value 0 are left out, as proto3 does.
  if (entry.offset > 0) message.varint(4, entry.offset);
  if (entry.size > 0) message.varint(5, entry.size);
  return message.fixed32(6, entry.crc).toBytes();
}
