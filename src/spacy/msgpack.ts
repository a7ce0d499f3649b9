/** @file MessagePack as spaCy writes it: 64-bit integers, string or binary keys, numpy arrays as maps with `nd`. */
import { decode } from "@msgpack/msgpack";
import { ClinicalBertError } from "../errors.js";

/** A decoded value; maps are `Map`s whose binary keys were read as UTF-8. */
export type Packed =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly Packed[]
  | { readonly [key: string]: Packed };

/** A numpy array of 32-bit floats in row-major order. */
export interface FloatArray {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

const decoder = new TextDecoder();

export function decodeMsgpack(bytes: Uint8Array, file: string): Packed {
  try {
    return decode(bytes, { useBigInt64: true, mapKeyConverter }) as Packed;
  } catch (error) {
    const reason = error instanceof RangeError ? "it is cut short" : "it is not MessagePack";
    throw corruptFile(file, reason);
  }
}

function mapKeyConverter(key: unknown): string | number {
  if (key instanceof Uint8Array) return decoder.decode(key);
  return typeof key === "string" || typeof key === "number" ? key : String(key);
}

export function corruptFile(file: string, reason: string): ClinicalBertError {
  return new ClinicalBertError("SPACY_CORRUPT", `${file} cannot be read: ${reason}.`, { details: { file } });
}

/** `value` as a map. */
export function asMap(
  value: Packed | undefined,
  file: string,
  what: string,
): { readonly [key: string]: Packed } {
  if (typeof value !== "object" || value === null || Array.isArray(value) || value instanceof Uint8Array)
    throw corruptFile(file, `${what} is not a map`);
  return value as { readonly [key: string]: Packed };
}

/** `value` as a list. */
export function asList(value: Packed | undefined, file: string, what: string): readonly Packed[] {
  if (!Array.isArray(value)) throw corruptFile(file, `${what} is not a list`);
  return value;
}

/** `value` as text; spaCy writes some strings as binary. */
export function asText(value: Packed | undefined, file: string, what: string): string {
  if (value instanceof Uint8Array) return decoder.decode(value);
  if (typeof value !== "string") throw corruptFile(file, `${what} is not a string`);
  return value;
}

/** A number, a 64-bit integer, or a numpy scalar. */
export function asNumber(value: Packed | undefined, file: string, what: string): number {
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return Number(value);
  const map = asMap(value, file, what);
  const data = map["data"];
  if (map["nd"] !== false || !(data instanceof Uint8Array))
    throw corruptFile(file, `${what} is not a number`);
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const type = asText(map["type"], file, what);
  if (type === "<i8" || type === "<u8") return Number(view.getBigInt64(0, true));
  if (type === "<i4" || type === "<u4") return view.getInt32(0, true);
  if (type === "<f4") return view.getFloat32(0, true);
  if (type === "<f8") return view.getFloat64(0, true);
  throw corruptFile(file, `${what} is a scalar of type ${type}`);
}

/** A numpy array of 32-bit floats; the shape must hold just as many numbers as there are. */
export function asFloats(value: Packed | undefined, file: string, what: string): FloatArray {
  const map = asMap(value, file, what);
  const data = map["data"];
  if (map["nd"] !== true || !(data instanceof Uint8Array)) throw corruptFile(file, `${what} is not an array`);
  const type = asText(map["type"], file, what);
  if (type !== "<f4") throw corruptFile(file, `${what} has type ${type} instead of <f4`);
  const shape = asList(map["shape"], file, what).map((size) => asNumber(size, file, what));
  const count = shape.reduce((product, size) => product * size, 1);
  if (count * 4 !== data.length)
    throw corruptFile(file, `${what} holds ${data.length} bytes for shape ${shape.join("x")}`);
  return { shape, data: floatsOf(data) };
}

/** The bytes as little-endian floats, copied so that they are aligned. */
export function floatsOf(bytes: Uint8Array): Float32Array {
  const copy = new Uint8Array(bytes);
  return new Float32Array(copy.buffer, 0, bytes.length >> 2);
}
