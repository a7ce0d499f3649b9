/** @file Writes safetensors files atomically, byte for byte as Python's `safetensors` does. */
import { bytesPerElement, type DType } from "../../graph/dtype.js";
import { sizeOf, type Tensor } from "../../graph/tensor.js";
import { openAtomic } from "../../util/atomic-file.js";
import { bytesOf } from "../../util/protobuf.js";
import { type TensorInfo, type TensorSource, tensorsInMemory } from "../weights.js";
import { SAFETENSORS_DTYPES } from "./header.js";

const ALIGNMENT = 8;
const ORDER = Object.keys(SAFETENSORS_DTYPES) as DType[];

/**
 * Writes tensors, read one at a time, so that a checkpoint larger than memory can be converted. The order is the
 * reference's (safetensors 0.8, `prepare`): largest dtype first, then by name, which keeps every tensor aligned.
 * `metadata` defaults to `{ format: "pt" }`, which transformers asks for.
 */
export async function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, Tensor> | TensorSource,
  metadata: Readonly<Record<string, string>> = { format: "pt" },
): Promise<void> {
  const source = tensors instanceof Map ? tensorsInMemory(tensors) : (tensors as TensorSource);
  const file = await openAtomic(path);
  try {
    for await (const chunk of planSafetensors(source, metadata).chunks()) await file.write(chunk);
    await file.commit();
  } finally {
    await file.discard();
  }
}

export interface SafetensorsPlan {
  /** Of the whole file, known before a tensor is read. */
  readonly bytes: number;
  /** The file in order: its header, then each tensor, read when it is asked for. */
  chunks(): AsyncGenerator<Uint8Array>;
}

/** The file that `writeSafetensors` writes, for whoever sends it elsewhere. */
export function planSafetensors(
  source: TensorSource,
  metadata: Readonly<Record<string, string>> = { format: "pt" },
): SafetensorsPlan {
  const ordered = [...source.tensors].sort(
    (a, b) => ORDER.indexOf(b.type) - ORDER.indexOf(a.type) || compareBytes(a.name, b.name),
  );
  const header = formatHeader(ordered, metadata);
  return {
    bytes: ordered.reduce((sum, { type, dims }) => sum + sizeOf(dims) * bytesPerElement(type), header.length),
    async *chunks() {
      yield header;
      for (const { name } of ordered) yield bytesOf((await source.read(name)).data);
    },
  };
}

/** Rust compares strings by their UTF-8 bytes. */
function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function formatHeader(
  tensors: readonly TensorInfo[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const entries = new Map<string, unknown>();
  if (Object.keys(metadata).length > 0) entries.set("__metadata__", metadata);
  let offset = 0;
  for (const { name, type, dims } of tensors) {
    const end = offset + sizeOf(dims) * bytesPerElement(type);
    entries.set(name, { dtype: SAFETENSORS_DTYPES[type], shape: dims, data_offsets: [offset, end] });
    offset = end;
  }
  const fields = [...entries].map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  const text = Buffer.from(`{${fields.join(",")}}`, "utf8");
  const length = Math.ceil(text.length / ALIGNMENT) * ALIGNMENT;
  const header = Buffer.alloc(8 + length, " ");
  header.writeBigUInt64LE(BigInt(length), 0);
  text.copy(header, 8);
  return header;
}
