/** @file Reads safetensors by position. */
import { arrayOf } from "../../graph/dtype.js";
import { sizeOf, Tensor } from "../../graph/tensor.js";
import { type ByteSource, readBytes } from "../../util/byte-source.js";
import { bytesOf } from "../../util/protobuf.js";
import { damaged, unknownTensor, type Weights } from "../weights.js";
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
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  return {
    path,
    format: "safetensors",
    tensors: entries.map(({ name, type, dims }) => ({ name, type, dims })),
    metadata,
    async read(name) {
      const entry = byName.get(name);
      if (entry === undefined) throw unknownTensor(path, name);
      const Numbers = arrayOf(entry.type);
      const bytes = source.view?.(dataStart + entry.start, entry.end - entry.start);
      if (bytes !== undefined && bytes.byteOffset % Numbers.BYTES_PER_ELEMENT === 0)
        return new Tensor(
          entry.type,
          new Numbers(bytes.buffer as ArrayBuffer, bytes.byteOffset, sizeOf(entry.dims)),
          entry.dims,
        );
      const tensor = new Tensor(entry.type, new Numbers(sizeOf(entry.dims)), entry.dims);
      await source.readInto(bytesOf(tensor.data), dataStart + entry.start);
      return tensor;
    },
    close: () => source.close(),
  };
}

function decode(path: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw damaged(path, "the header is not UTF-8", { offset: LENGTH_BYTES });
  }
}
