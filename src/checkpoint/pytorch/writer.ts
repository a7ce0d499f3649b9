/** @file Writes PyTorch's zip format (never the legacy one): a state dict that `torch.load(weights_only=True)` reads. */
import type { DType } from "../../graph/dtype.js";
import { sizeOf, type Tensor } from "../../graph/tensor.js";
import { openAtomic } from "../../util/atomic-file.js";
import { bytesOf } from "../../util/protobuf.js";
import { ZipWriter } from "../../util/zip.js";
import { type TensorInfo, type TensorSource, tensorsInMemory } from "../weights.js";
import { STORAGE_TYPES } from "./storages.js";

/** Alignment of storages since torch 2 (`_storage_alignment`). */
const ALIGNMENT = 64;
const ROOT = "archive";

/** Writes `path` atomically, reading one tensor at a time. */
export async function writePytorch(
  path: string,
  tensors: ReadonlyMap<string, Tensor> | TensorSource,
): Promise<void> {
  const source = tensors instanceof Map ? tensorsInMemory(tensors) : (tensors as TensorSource);
  const file = await openAtomic(path);
  try {
    const zip = new ZipWriter(file, ALIGNMENT);
    await zip.add(`${ROOT}/data.pkl`, pickleStateDict(source.tensors));
    await zip.add(`${ROOT}/byteorder`, Buffer.from("little"));
    for (const [index, { name }] of source.tensors.entries())
      await zip.add(`${ROOT}/data/${index}`, bytesOf((await source.read(name)).data));
    await zip.add(`${ROOT}/version`, Buffer.from("3\n"));
    await zip.finish();
    await file.commit();
  } finally {
    await file.discard();
  }
}

const STORAGE_NAMES = new Map<DType, string>(
  Object.entries(STORAGE_TYPES).map(([name, type]) => [type, name.replace("torch.", "torch\n")]),
);

/** `{name: _rebuild_tensor_v2(storage, 0, size, stride, False, OrderedDict())}` in protocol 2, without a memo. */
function pickleStateDict(tensors: readonly TensorInfo[]): Uint8Array {
  const parts: Buffer[] = [latin("\x80\x02}(")];
  for (const [index, { name, type, dims }] of tensors.entries()) {
    parts.push(text(name), latin("ctorch._utils\n_rebuild_tensor_v2\n(("));
    parts.push(text("storage"), latin(`c${STORAGE_NAMES.get(type)!}\n`), text(String(index)), text("cpu"));
    parts.push(integer(sizeOf(dims)), latin("tQ"), integer(0));
    parts.push(tuple(dims), tuple(rowMajorStrides(dims)), latin("\x89ccollections\nOrderedDict\n)RtR"));
  }
  parts.push(latin("u."));
  return Buffer.concat(parts);
}

function rowMajorStrides(dims: readonly number[]): number[] {
  return dims.map((_, axis) => sizeOf(dims.slice(axis + 1).map((dim) => Math.max(1, dim))));
}

function latin(bytes: string): Buffer {
  return Buffer.from(bytes, "latin1");
}

/** BINUNICODE. */
function text(value: string): Buffer {
  const bytes = Buffer.from(value, "utf8");
  const head = Buffer.from("X\0\0\0\0", "latin1");
  head.writeUInt32LE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

/** BININT, or LONG1 of eight bytes where that is too small. */
function integer(value: number): Buffer {
  if (value <= 0x7fffffff) {
    const bytes = Buffer.from("J\0\0\0\0", "latin1");
    bytes.writeInt32LE(value, 1);
    return bytes;
  }
  const bytes = Buffer.alloc(10);
  bytes.set([0x8a, 8]);
  bytes.writeBigInt64LE(BigInt(value), 2);
  return bytes;
}

function tuple(values: readonly number[]): Buffer {
  return Buffer.concat([latin("("), ...values.map(integer), latin("t")]);
}
