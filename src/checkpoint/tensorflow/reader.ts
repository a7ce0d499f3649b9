/** @file Reads TensorFlow V2 checkpoints: an `.index` table and the `.data-*-of-*` shards beside it. */
import { arrayOf, bytesPerElement } from "../../graph/dtype.js";
import { sizeOf, Tensor } from "../../graph/tensor.js";
import type { ByteSource } from "../../util/byte-source.js";
import { openFileSource } from "../../util/file-source.js";
import { crc32c, maskCrc32c } from "../../util/crc32c.js";
import { bytesOf } from "../../util/protobuf.js";
import {
  checkedSize,
  damaged,
  type TensorInfo,
  unknownTensor,
  unsupported,
  type Weights,
} from "../weights.js";
import { type BundleEntry, type BundleHeader, parseBundleEntry, parseBundleHeader } from "./bundle-entry.js";
import { readTable } from "./table.js";

const INDEX = ".index";
const MOST_SHARDS = 10_000;

/** Opens shard `number` of `count`; a bundle's shards lie beside its index. */
export type OpenShard = (number: number, count: number) => Promise<ByteSource>;

/** Opens a checkpoint by its `.index` file. */
export async function openTensorflow(indexPath: string): Promise<Weights> {
  const prefix = indexPath.endsWith(INDEX) ? indexPath.slice(0, -INDEX.length) : indexPath;
  const index = await openFileSource(indexPath);
  try {
    return await readTensorflow(index, (number, count) => openFileSource(shardPath(prefix, number, count)));
  } finally {
    await index.close();
  }
}

/** `model.ckpt.data-00000-of-00001` (tensor_bundle/naming.cc). */
export function shardPath(prefix: string, number: number, count: number): string {
  return `${prefix}.data-${String(number).padStart(5, "0")}-of-${String(count).padStart(5, "0")}`;
}

/**
 * Reads the index; shards are opened when a tensor of theirs is read. Entries of strings and resources
 * (`_CHECKPOINTABLE_OBJECT_GRAPH`) are no tensors and are left out. The caller keeps `index`.
 */
export async function readTensorflow(index: ByteSource, openShard: OpenShard): Promise<Weights> {
  const { path } = index;
  const { header, entries } = await readIndex(index);
  const shards = new Map<number, Promise<ByteSource>>();
  const shard = (number: number): Promise<ByteSource> => {
    const opened = shards.get(number) ?? openShard(number, header.shardCount);
    shards.set(number, opened);
    return opened;
  };
  return {
    path,
    format: "tensorflow",
    metadata: {},
    tensors: [...entries].map(([name, { type, dims }]) => ({ name, type, dims }) as TensorInfo),
    async read(name) {
      const entry = entries.get(name);
      if (entry === undefined) throw unknownTensor(path, name);
      if (entry.sliced) throw unsupported(path, "it is a partitioned variable", name);
      const source = await shard(entry.shard);
      if (entry.offset + entry.size > source.size)
        throw damaged(source.path, `its ${entry.size} bytes end after the file (${source.size} bytes)`, {
          tensor: name,
          offset: entry.offset,
        });
      const type = entry.type!;
      const tensor = new Tensor(type, new (arrayOf(type))(sizeOf(entry.dims)), entry.dims);
      const bytes = bytesOf(tensor.data);
      await source.readInto(bytes, entry.offset);
      if (maskCrc32c(crc32c(bytes)) !== entry.crc)
        throw damaged(source.path, "its bytes do not match their CRC-32C", {
          tensor: name,
          offset: entry.offset,
        });
      return tensor;
    },
    async close() {
      for (const opened of await Promise.allSettled(shards.values()))
        if (opened.status === "fulfilled") await opened.value.close();
      shards.clear();
    },
  };
}

async function readIndex(
  index: ByteSource,
): Promise<{ readonly header: BundleHeader; readonly entries: ReadonlyMap<string, BundleEntry> }> {
  const { path } = index;
  const [first, ...rest] = await readTable(index, (what, offset) => damaged(path, what, { offset }));
  if (first === undefined || first.key !== "") throw damaged(path, "the index has no header");
  const header = parseOrRefuse(path, "", () => parseBundleHeader(first.value));
  if (header.bigEndian) throw unsupported(path, "byte order big instead of little");
  if (!(header.shardCount >= 1 && header.shardCount <= MOST_SHARDS))
    throw damaged(path, `the header announces ${header.shardCount} shards`);
  const entries = new Map<string, BundleEntry>();
  for (const { key, value } of rest) {
    const entry = parseOrRefuse(path, key, () => parseBundleEntry(value));
    if (entries.has(key)) throw damaged(path, "the index has it twice", { tensor: key });
    if (entry.type === null) continue;
    requireSound(path, key, entry, header.shardCount);
    entries.set(key, entry);
  }
  return { header, entries };
}

function requireSound(path: string, name: string, entry: BundleEntry, shardCount: number): void {
  const size = checkedSize(entry.dims);
  if (size === null || checkedSize([entry.offset, entry.size]) === null)
    throw damaged(path, "its shape, offset or size is none", { tensor: name });
  if (entry.shard >= shardCount)
    throw damaged(path, `it lies in shard ${entry.shard} of ${shardCount}`, { tensor: name });
  const wanted = size * bytesPerElement(entry.type!);
  if (!entry.sliced && entry.size !== wanted)
    throw damaged(path, `it has ${entry.size} bytes, its shape needs ${wanted}`, {
      tensor: name,
      offset: entry.offset,
    });
}

function parseOrRefuse<T>(path: string, tensor: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw damaged(path, `its entry is no protocol message (${error.message})`, { tensor });
  }
}
