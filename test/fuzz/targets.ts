/** @file The readers that are fuzzed, each with files to damage and a way to open damaged bytes. */
import { readFileSync } from "node:fs";
import { readFlax } from "../../src/checkpoint/flax/reader.js";
import { readHdf5 } from "../../src/checkpoint/hdf5/reader.js";
import { readPytorchLegacy } from "../../src/checkpoint/pytorch/legacy-reader.js";
import { readPytorchZip } from "../../src/checkpoint/pytorch/zip-reader.js";
import { readSafetensors } from "../../src/checkpoint/safetensors/reader.js";
import { readTensorflow } from "../../src/checkpoint/tensorflow/reader.js";
import { buildTable, readTable } from "../../src/checkpoint/tensorflow/table.js";
import type { Weights } from "../../src/checkpoint/weights.js";
import type { AtomicFile } from "../../src/util/atomic-file.js";
import { type ByteSource, memorySource, readBytes } from "../../src/util/byte-source.js";
import { readZipDirectory, ZipWriter } from "../../src/util/zip.js";
import { mutate } from "./mutate.js";
import type { Random } from "./random.js";

const ORACLE = new URL("../oracle/checkpoints/", import.meta.url);
const load = (name: string): Buffer => readFileSync(new URL(name, ORACLE));

export interface FuzzTarget {
  readonly name: string;
  readonly seeds: readonly Buffer[];
  readonly damage: (seed: Buffer, random: Random) => Promise<Buffer>;
  readonly open: (source: ByteSource) => Promise<Weights>;
}

const blindly = async (seed: Buffer, random: Random): Promise<Buffer> => mutate(seed, random);
const PREFIX = "tensorflow/model.ckpt-7";
const shard = load(`${PREFIX}.data-00000-of-00001`);

export const FUZZ_TARGETS: readonly FuzzTarget[] = [
  {
    name: "safetensors",
    seeds: [load("pretraining/model.safetensors")],
    damage: blindly,
    open: readSafetensors,
  },
  {
    name: "safetensors header",
    seeds: [load("pretraining/model.safetensors")],
    damage: async (seed, random) => {
      const end = 8 + Number(seed.readBigUInt64LE(0));
      const header = mutate(seed.subarray(8, end), random);
      const length = Buffer.alloc(8);
      length.writeBigUInt64LE(BigInt(header.length));
      return Buffer.concat([length, header, seed.subarray(end)]);
    },
    open: readSafetensors,
  },
  {
    name: "pytorch zip",
    seeds: [load("odd.bin"), load("pretraining/zip.bin")],
    damage: blindly,
    open: readPytorchZip,
  },
  {
    name: "pytorch zip with a damaged pickle",
    seeds: [load("odd-protocol-4.bin"), load("odd.bin")],
    damage: damagePickle,
    open: readPytorchZip,
  },
  {
    name: "pytorch legacy",
    seeds: [load("odd-legacy.bin"), load("pretraining/legacy.bin")],
    damage: blindly,
    open: readPytorchLegacy,
  },
  {
    name: "tensorflow index",
    seeds: [load(`${PREFIX}.index`), load("tensorflow/two-shards.index")],
    damage: blindly,
    open: (source) => readTensorflow(source, async () => memorySource(shard, "shard")),
  },
  {
    name: "tensorflow index with repaired checksums",
    seeds: [load(`${PREFIX}.index`)],
    damage: damageEntries,
    open: (source) => readTensorflow(source, async () => memorySource(shard, "shard")),
  },
  {
    name: "tensorflow data",
    seeds: [shard],
    damage: blindly,
    open: (source) => readTensorflow(memorySource(load(`${PREFIX}.index`), "fuzzed"), async () => source),
  },
  {
    name: "keras",
    seeds: [load("keras/tf_model.h5"), load("keras/odd.h5")],
    damage: blindly,
    open: readHdf5,
  },
  {
    name: "flax",
    seeds: [load("flax/flax_model.msgpack"), load("flax/odd.msgpack")],
    damage: blindly,
    open: readFlax,
  },
];

/** Damages the pickle and writes the archive anew, so that its CRC-32 does not save the unpickler. */
async function damagePickle(seed: Buffer, random: Random): Promise<Buffer> {
  const source = memorySource(seed, "seed");
  const parts: Uint8Array[] = [];
  const file = {
    write: async (chunk: Uint8Array) => void parts.push(Buffer.from(chunk)),
  } as unknown as AtomicFile;
  const writer = new ZipWriter(file, 64);
  for (const { name, start, length } of (
    await readZipDirectory(source, (what) => new Error(what))
  ).values()) {
    const bytes = await readBytes(source, start, length);
    await writer.add(name, name.endsWith("/data.pkl") ? mutate(bytes, random) : bytes);
  }
  await writer.finish();
  return Buffer.concat(parts);
}

/** Damages entries of the index under checksums that hold. */
async function damageEntries(seed: Buffer, random: Random): Promise<Buffer> {
  const entries = await readTable(memorySource(seed, "seed"), (what) => new Error(what));
  const chosen = random.below(entries.length);
  const damaged = entries.map((entry, index) =>
    index === chosen ? { key: entry.key, value: mutate(entry.value, random) } : entry,
  );
  return Buffer.from(buildTable(damaged));
}
