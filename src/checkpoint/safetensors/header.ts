/** @file The JSON header of a safetensors file: parsed, and checked so that no tensor can reach outside the file or into another. */
import { bytesPerElement, type DType } from "../../graph/dtype.js";
import { checkedSize, damaged, type TensorInfo, unsupported } from "../weights.js";

export interface SafetensorsEntry extends TensorInfo {
  /** Byte range in the data that follow the header. */
  readonly start: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  readonly entries: readonly SafetensorsEntry[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** The names of dtypes in the format (safetensors 0.8, `tensor.rs`, enum `Dtype`). */
export const SAFETENSORS_DTYPES = {
  bool: "BOOL",
  uint8: "U8",
  int8: "I8",
  int16: "I16",
  float16: "F16",
  bfloat16: "BF16",
  int32: "I32",
  float32: "F32",
  float64: "F64",
  int64: "I64",
} as const satisfies Record<DType, string>;

const BY_CODE = new Map<unknown, DType>(
  (Object.keys(SAFETENSORS_DTYPES) as DType[]).map((type) => [SAFETENSORS_DTYPES[type], type]),
);

/**
 * Parses and checks a header whose data have `dataSize` bytes. As the reference does (`Metadata::validate`): the ranges,
 * in order, must cover the data without hole or overlap, and each must have the size of its dtype and shape.
 */
export function parseHeader(path: string, text: string, dataSize: number): SafetensorsHeader {
  const header = parseObject(path, text);
  const entries: SafetensorsEntry[] = [];
  let metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(header)) {
    if (name === "__metadata__") metadata = parseMetadata(path, value);
    else entries.push(parseEntry(path, name, value));
  }
  entries.sort((a, b) => a.start - b.start || a.end - b.end);
  let covered = 0;
  for (const { name, start, end } of entries) {
    if (start !== covered) {
      const fault = start < covered ? "overlaps another tensor" : `leaves a hole after ${covered}`;
      throw damaged(path, `the range ${start}-${end} ${fault}`, { tensor: name, offset: start });
    }
    if (end > dataSize)
      throw damaged(path, `the range ${start}-${end} ends after the data (${dataSize} bytes)`, {
        tensor: name,
        offset: start,
      });
    covered = end;
  }
  if (covered !== dataSize)
    throw damaged(path, `the header describes ${covered} bytes of data, the file has ${dataSize}`);
  return { entries, metadata };
}

function parseObject(path: string, text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch {
    // Said below: the parser's own message quotes the file.
  }
  throw damaged(path, "the header is not a JSON object", { offset: 8 });
}

function parseMetadata(path: string, value: unknown): Record<string, string> {
  if (!isObject(value) || !Object.values(value).every((text) => typeof text === "string"))
    throw damaged(path, "__metadata__ is not an object of strings", { offset: 8 });
  return value as Record<string, string>;
}

function parseEntry(path: string, name: string, value: unknown): SafetensorsEntry {
  if (!isObject(value)) throw damaged(path, "its entry is not an object", { tensor: name });
  const { dtype, shape, data_offsets: range } = value;
  if (!Array.isArray(shape) || !Array.isArray(range) || range.length !== 2)
    throw damaged(path, "its entry lacks shape or data_offsets", { tensor: name });
  const type = BY_CODE.get(dtype);
  if (type === undefined) {
    if (typeof dtype !== "string") throw damaged(path, "its dtype is not a name", { tensor: name });
    const known = Object.values(SAFETENSORS_DTYPES).join(", ");
    throw unsupported(path, `dtype ${JSON.stringify(dtype.slice(0, 20))} is none of ${known}`, name);
  }
  const size = checkedSize(shape);
  if (size === null) throw damaged(path, "its shape is not one", { tensor: name });
  const [start, end] = range as unknown[];
  if (checkedSize([start]) === null || checkedSize([end]) === null)
    throw damaged(path, "its data_offsets are not positions", { tensor: name });
  if ((end as number) - (start as number) !== size * bytesPerElement(type))
    throw damaged(path, `its range ${start}-${end} does not fit ${dtype} [${shape.join(", ")}]`, {
      tensor: name,
      offset: start as number,
    });
  return { name, type, dims: shape as number[], start: start as number, end: end as number };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
