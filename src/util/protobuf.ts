/** @file Protocol-buffer wire coding: a writer that never copies large payloads, and a reader over a byte range. No schemas here. */
import { internalError } from "../errors.js";

const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;
const encoder = new TextEncoder();

/** Bytes of a base-128 varint; negative numbers as 64-bit two's complement, as protobuf wants int32 and int64. */
export function encodeVarint(value: number | bigint): Uint8Array {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}

/** Collects the fields of one message. Payloads given as bytes are kept by reference until `chunks` or `toBytes`. */
export class ProtoWriter {
  readonly #chunks: Uint8Array[] = [];
  #length = 0;

  get byteLength(): number {
    return this.#length;
  }

  /** The message in pieces, in order: for writing large messages without building them in memory. */
  get chunks(): readonly Uint8Array[] {
    return this.#chunks;
  }

  toBytes(): Uint8Array {
    const bytes = new Uint8Array(this.#length);
    let at = 0;
    for (const chunk of this.#chunks) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    return bytes;
  }

  /** int32, int64, uint64, bool, enum. */
  varint(field: number, value: number | bigint): this {
    this.#tag(field, WIRE.varint);
    return this.#append(encodeVarint(value));
  }

  float(field: number, value: number): this {
    this.#tag(field, WIRE.fixed32);
    return this.#append(new Uint8Array(Float32Array.of(value).buffer));
  }

  /** fixed32. */
  fixed32(field: number, value: number): this {
    this.#tag(field, WIRE.fixed32);
    return this.#append(new Uint8Array(Uint32Array.of(value).buffer));
  }

  double(field: number, value: number): this {
    this.#tag(field, WIRE.fixed64);
    return this.#append(new Uint8Array(Float64Array.of(value).buffer));
  }

  bytes(field: number, value: Uint8Array): this {
    this.#tag(field, WIRE.bytes);
    this.#append(encodeVarint(value.length));
    return this.#append(value);
  }

  string(field: number, value: string): this {
    return this.bytes(field, encoder.encode(value));
  }

  message(field: number, value: ProtoWriter): this {
    this.#tag(field, WIRE.bytes);
    this.#append(encodeVarint(value.#length));
    for (const chunk of value.#chunks) this.#append(chunk);
    return this;
  }

  /** `repeated int64 … [packed = true]`. */
  packedVarints(field: number, values: Iterable<number | bigint>): this {
    const packed = new ProtoWriter();
    for (const value of values) packed.#append(encodeVarint(value));
    return this.message(field, packed);
  }

  #tag(field: number, wire: number): void {
    this.#append(encodeVarint(field * 8 + wire));
  }

  #append(bytes: Uint8Array): this {
    this.#chunks.push(bytes);
    this.#length += bytes.length;
    return this;
  }
}

/** One field as it lies on the wire. */
export type ProtoField =
  | { readonly field: number; readonly wire: "varint"; readonly value: bigint }
  | { readonly field: number; readonly wire: "fixed32" | "fixed64" | "bytes"; readonly value: Uint8Array };

/**
 * The fields of the message in `bytes`, payloads as views. Throws a `RangeError` naming the offset where the bytes end
 * inside a field or hold an unknown wire type; callers turn it into an error that names their file.
 */
export function* readProtoFields(bytes: Uint8Array): Generator<ProtoField> {
  const cursor = { at: 0 };
  while (cursor.at < bytes.length) {
    const key = readVarint(bytes, cursor);
    const field = Number(key >> 3n);
    const wire = Number(key & 7n);
    if (wire === WIRE.varint) yield { field, wire: "varint", value: readVarint(bytes, cursor) };
    else if (wire === WIRE.fixed64) yield { field, wire: "fixed64", value: take(bytes, cursor, 8) };
    else if (wire === WIRE.fixed32) yield { field, wire: "fixed32", value: take(bytes, cursor, 4) };
    else if (wire === WIRE.bytes) {
      const length = Number(readVarint(bytes, cursor));
      yield { field, wire: "bytes", value: take(bytes, cursor, length) };
    } else throw new RangeError(`unknown wire type ${wire} before byte ${cursor.at}`);
  }
}

/** Reads one varint (at most ten bytes) as an unsigned 64-bit number. */
export function readVarint(bytes: Uint8Array, cursor: { at: number }): bigint {
  let value = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = bytes[cursor.at++];
    if (byte === undefined) throw new RangeError(`the bytes end inside a varint at byte ${cursor.at - 1}`);
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return BigInt.asUintN(64, value);
  }
  throw new RangeError(`a varint is longer than ten bytes before byte ${cursor.at}`);
}

function take(bytes: Uint8Array, cursor: { at: number }, length: number): Uint8Array {
  if (length > bytes.length - cursor.at)
    throw new RangeError(
      `a field of ${length} bytes at byte ${cursor.at} runs past the end (${bytes.length})`,
    );
  const view = bytes.subarray(cursor.at, cursor.at + length);
  cursor.at += length;
  return view;
}

/** Little-endian bytes of a typed array, by reference. Every platform that Node and browsers run on is little-endian. */
export function bytesOf(data: ArrayBufferView): Uint8Array {
  if (new Uint8Array(Uint16Array.of(1).buffer)[0] !== 1)
    throw internalError("big-endian machines are not supported.");
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
