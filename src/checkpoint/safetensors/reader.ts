/** @file Reads safetensors by position. */
import { type ByteSource, readBytes } from "../../util/byte-source.js";
import { weightsAt } from "../located-arrays.js";
import { damaged, type Weights } from "../weights.js";
import { parseHeader } from "./header.js";

/** The reference's limit (safetensors 0.8, `MAX_HEADER_SIZE`). */
const LARGEST_HEADER = 100_000_000;
const LENGTH_BYTES = 8;

/** Reads the header of `source` and takes ownership of it. */
export async function readSafetensors(source: ByteSource): Promise<Weights> {
  const { path } = source;
  const prefix = await readBytes(source, 0, LENGTH_BYTES);
  const headerLength = new DataView(prefix.buffer).getBigUint64(0, true);
  if (headerLength > BigInt(Math.min(LARGEST_HEADER, source.size - LENGTH_BYTES)))
    throw damaged(path, `a header of ${headerLength} bytes does not fit the file (${source.size} bytes)`, {
      offset: 0,
    });
  const dataStart = LENGTH_BYTES + Number(headerLength);
  const text = decode(path, await readBytes(source, LENGTH_BYTES, Number(headerLength)));
  const { entries, metadata } = parseHeader(path, text, source.size - dataStart);
  const arrays = entries.map(
    ({ name, type, dims, start }) => [name, { type, dims, start: dataStart + start }] as const,
  );
  return weightsAt(source, "safetensors", new Map(arrays), metadata);
}

function decode(path: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw damaged(path, "the header is not UTF-8", { offset: LENGTH_BYTES });
  }
}
