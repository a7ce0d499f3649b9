/** @file Walks MessagePack by position: maps, arrays and their array extensions are found without reading the numbers. */
import { type ByteSource, readBytes } from "../../util/byte-source.js";

export type ScanError = (what: string, offset: number) => Error;

/** An extension value: its payload stays in the file. */
export interface ScannedExtension {
  /** Keys from the root, joined by "/". */
  readonly name: string;
  readonly kind: number;
  readonly start: number;
  readonly length: number;
}

const WINDOW = 1 << 14;
const DEEPEST = 64;
const LONGEST_KEY = 1 << 12;
const MOST_VALUES = 10_000_000;

/** Reads small pieces through a window, so that neighbouring headers cost one read. */
class Scanner {
  private window = new Uint8Array(0);
  private windowAt = 0;
  position = 0;

  constructor(
    private readonly source: ByteSource,
    readonly error: ScanError,
  ) {}

  async take(length: number): Promise<DataView> {
    if (this.position + length > this.source.size)
      throw this.error("the file ends inside a value", this.position);
    if (this.position < this.windowAt || this.position + length > this.windowAt + this.window.length) {
      this.windowAt = this.position;
      this.window = await readBytes(
        this.source,
        this.position,
        Math.min(Math.max(WINDOW, length), this.source.size - this.position),
      );
    }
    const at = this.position - this.windowAt;
    this.position += length;
    return new DataView(this.window.buffer, at, length);
  }

  skip(length: number): void {
    this.position += length;
    if (this.position > this.source.size)
      throw this.error("a value ends after the file", this.position - length);
  }

  async uint(bytes: 1 | 2 | 4): Promise<number> {
    const view = await this.take(bytes);
    return bytes === 1 ? view.getUint8(0) : bytes === 2 ? view.getUint16(0) : view.getUint32(0);
  }
}

/** What one header announces; scalars are skipped by the time it is returned. */
type Header =
  | { readonly kind: "map" | "array" | "text" | "bytes"; readonly length: number }
  | { readonly kind: "extension"; readonly length: number; readonly type: number }
  | { readonly kind: "scalar"; readonly value: number | null };

async function readHeader(scanner: Scanner): Promise<Header> {
  const at = scanner.position;
  const code = await scanner.uint(1);
  if (code < 0x80 || code >= 0xe0) return { kind: "scalar", value: code < 0x80 ? code : code - 256 };
  if (code < 0x90) return { kind: "map", length: code & 15 };
  if (code < 0xa0) return { kind: "array", length: code & 15 };
  if (code < 0xc0) return { kind: "text", length: code & 31 };
  const width = (first: number): 1 | 2 | 4 => (1 << (code - first)) as 1 | 2 | 4;
  if (code >= 0xc4 && code <= 0xc6) return { kind: "bytes", length: await scanner.uint(width(0xc4)) };
  if (code >= 0xc7 && code <= 0xc9) {
    const length = await scanner.uint(width(0xc7));
    return { kind: "extension", length, type: (await scanner.take(1)).getInt8(0) };
  }
  if (code >= 0xcc && code <= 0xce) return { kind: "scalar", value: await scanner.uint(width(0xcc)) };
  if (code >= 0xd4 && code <= 0xd8)
    return { kind: "extension", length: 1 << (code - 0xd4), type: (await scanner.take(1)).getInt8(0) };
  if (code >= 0xd9 && code <= 0xdb) return { kind: "text", length: await scanner.uint(width(0xd9)) };
  if (code === 0xdc || code === 0xdd)
    return { kind: "array", length: await scanner.uint(code === 0xdc ? 2 : 4) };
  if (code === 0xde || code === 0xdf)
    return { kind: "map", length: await scanner.uint(code === 0xde ? 2 : 4) };
  const skipped = SCALAR_BYTES.get(code);
  if (skipped === undefined) throw scanner.error(`0xc1 begins no MessagePack value`, at);
  scanner.skip(skipped);
  return { kind: "scalar", value: null };
}

/** nil, false, true, float32, float64, uint64, int8 to int64. */
const SCALAR_BYTES = new Map([
  [0xc0, 0],
  [0xc2, 0],
  [0xc3, 0],
  [0xca, 4],
  [0xcb, 8],
  [0xcf, 8],
  [0xd0, 1],
  [0xd1, 2],
  [0xd2, 4],
  [0xd3, 8],
]);

/** The extensions below the map at the root of `source`, in the order of the file. */
export async function scanExtensions(source: ByteSource, error: ScanError): Promise<ScannedExtension[]> {
  const scanner = new Scanner(source, error);
  const found: ScannedExtension[] = [];
  let values = 0;
  const walk = async (name: string, depth: number): Promise<void> => {
    if (depth > DEEPEST || ++values > MOST_VALUES)
      throw error("the values are nested too deep", scanner.position);
    const header = await readHeader(scanner);
    if (header.kind === "scalar") return;
    if (header.kind === "extension")
      found.push({ name, kind: header.type, start: scanner.position, length: header.length });
    if (header.kind !== "map" && header.kind !== "array") return scanner.skip(header.length);
    for (let index = 0; index < header.length; index++) {
      const key = header.kind === "map" ? await readText(scanner) : String(index);
      await walk(name === "" ? key : `${name}/${key}`, depth + 1);
    }
  };
  await walk("", 0);
  return found;
}

async function readText(scanner: Scanner): Promise<string> {
  const at = scanner.position;
  const header = await readHeader(scanner);
  if (header.kind !== "text" || header.length > LONGEST_KEY)
    throw scanner.error("a key of a map is no text", at);
  const view = await scanner.take(header.length);
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength).toString("utf8");
}

export interface ScannedArray {
  readonly dims: readonly number[];
  readonly dtype: string;
  /** Position and length of the elements. */
  readonly start: number;
  readonly length: number;
}

/** The payload of Flax's array extension: `(shape, dtype name, bytes)` (flax/serialization.py, `_ndarray_to_bytes`). */
export async function scanArray(
  source: ByteSource,
  extension: ScannedExtension,
  error: ScanError,
): Promise<ScannedArray> {
  const scanner = new Scanner(source, error);
  scanner.position = extension.start;
  const refuse = (): Error => error("an array is not shape, dtype and bytes", extension.start);
  const outer = await readHeader(scanner);
  const shape = await readHeader(scanner);
  if (outer.kind !== "array" || outer.length !== 3 || shape.kind !== "array" || shape.length > DEEPEST)
    throw refuse();
  const dims: number[] = [];
  for (let axis = 0; axis < shape.length; axis++) {
    const dim = await readHeader(scanner);
    if (dim.kind !== "scalar" || dim.value === null || dim.value < 0) throw refuse();
    dims.push(dim.value);
  }
  const dtype = await readText(scanner);
  const bytes = await readHeader(scanner);
  if (bytes.kind !== "bytes" || scanner.position + bytes.length > extension.start + extension.length)
    throw refuse();
  return { dims, dtype, start: scanner.position, length: bytes.length };
}
