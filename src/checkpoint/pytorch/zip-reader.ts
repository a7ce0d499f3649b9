/** @file PyTorch files since 1.6: a zip of one pickle and one stored entry for each storage. */
import { crc32 } from "node:zlib";
import { bytesPerElement } from "../../graph/dtype.js";
import { ByteCursor } from "../../util/byte-cursor.js";
import { type ByteSource, readBytes } from "../../util/byte-source.js";
import { readZipDirectory, type ZipEntry } from "../../util/zip.js";
import { damaged, quoteName, unsupported, type Weights } from "../weights.js";
import { unpickle } from "./pickle.js";
import { pytorchWeights } from "./pytorch-weights.js";
import { collectTensors } from "./state-dict.js";
import { type StorageRef, type TensorRef, torchHooks } from "./storages.js";

/** A state dict of 10,000 tensors has a pickle of 2 MB. */
const LARGEST_PICKLE = 1 << 28;
const CHECK_BLOCK = 1 << 22;

/** Reads directory and pickle of `source` and takes ownership of it. */
export async function readPytorchZip(source: ByteSource): Promise<Weights> {
  const { path } = source;
  const entries = await readZipDirectory(source, (what, offset, compressed) =>
    compressed === true ? unsupported(path, what) : damaged(path, what, { offset }),
  );
  const pickle = [...entries.values()].find(({ name }) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickle === undefined) throw damaged(path, "the archive has no data.pkl at its second level");
  const root = pickle.name.slice(0, -"data.pkl".length);
  await requireLittleEndian(source, entries.get(`${root}byteorder`));
  if (pickle.length > LARGEST_PICKLE)
    throw damaged(path, `a pickle of ${pickle.length} bytes`, { offset: pickle.start });
  await checkCrc(source, pickle, "data.pkl");
  const cursor = new ByteCursor(
    await readBytes(source, pickle.start, pickle.length),
    pickle.start,
    (offset) => damaged(path, "the pickle ends too early", { offset }),
  );
  const hooks = torchHooks(path, (what, offset) => damaged(path, what, { offset }));
  const tensors = collectTensors(unpickle(cursor, hooks));
  const storages = new Map<string, ZipEntry>();
  for (const [name, { storage }] of tensors) {
    const entry = entries.get(`${root}data/${storage.key}`);
    if (entry === undefined)
      throw damaged(path, `its storage ${quoteName(storage.key)} is not in the archive`, { tensor: name });
    requireLength(path, name, storage, entry);
    storages.set(storage.key, entry);
  }
  const checked = new Set<string>();
  return pytorchWeights(source, tensors, async ({ storage }: TensorRef, name) => {
    const entry = storages.get(storage.key)!;
    if (!checked.has(storage.key)) await checkCrc(source, entry, name);
    checked.add(storage.key);
    return entry.start;
  });
}

function requireLength(path: string, tensor: string, storage: StorageRef, entry: ZipEntry): void {
  const wanted = storage.length * bytesPerElement(storage.type);
  if (entry.length !== wanted)
    throw damaged(path, `its storage has ${entry.length} bytes, the pickle says ${wanted}`, {
      tensor,
      offset: entry.start,
    });
}

async function requireLittleEndian(source: ByteSource, entry: ZipEntry | undefined): Promise<void> {
  if (entry === undefined) return;
  const order = Buffer.from(await readBytes(source, entry.start, Math.min(entry.length, 16))).toString(
    "latin1",
  );
  if (order !== "little") throw unsupported(source.path, `byte order ${quoteName(order)} instead of little`);
}

/** In blocks, so that a big storage is not held twice; PyTorch writes 0 where it was told to compute none. */
async function checkCrc(source: ByteSource, entry: ZipEntry, tensor: string): Promise<void> {
  if (entry.crc32 === 0) return;
  const block = new Uint8Array(Math.min(CHECK_BLOCK, entry.length));
  let value = 0;
  for (let done = 0; done < entry.length; done += block.length) {
    const part = block.subarray(0, Math.min(block.length, entry.length - done));
    await source.readInto(part, entry.start + done);
    value = crc32(part, value);
  }
  if (value !== entry.crc32)
    throw damaged(source.path, "the bytes do not match their CRC-32", { tensor, offset: entry.start });
}
