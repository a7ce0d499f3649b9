/** @file Opens weights of any format; which one is read from the bytes, never from the name of the file. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { ClinicalBertError } from "../errors.js";
import { type ByteSource, readBytes } from "../util/byte-source.js";
import { fileError } from "../util/file-error.js";
import { openFileSource } from "../util/file-source.js";
import { readFlax } from "./flax/reader.js";
import { readHdf5 } from "./hdf5/reader.js";
import { readPytorchLegacy } from "./pytorch/legacy-reader.js";
import { readPytorchZip } from "./pytorch/zip-reader.js";
import { readSafetensors } from "./safetensors/reader.js";
import { openSharded } from "./sharded.js";
import { openTensorflow } from "./tensorflow/reader.js";
import { unsupported, type Weights } from "./weights.js";

type FileFormat =
  | "safetensors"
  | "pytorch-zip"
  | "pytorch-legacy"
  | "tensorflow-index"
  | "flax"
  | "json"
  | "gzip"
  | "hdf5"
  | "unknown";

/** Files of a folder that hold weights, the best first. */
const PREFERRED = [
  "model.safetensors",
  "model.safetensors.index.json",
  "pytorch_model.bin",
  "pytorch_model.bin.index.json",
  "flax_model.msgpack",
  "tf_model.h5",
] as const;

const TENSORFLOW_MAGIC = Buffer.from("57fb808b247547db", "hex");

/**
 * Opens a weights file, a TensorFlow prefix, an index of shards, or the best weights file of a folder.
 * Throws `FILE_NOT_FOUND`, `CHECKPOINT_FORMAT` and what the reader of the format throws.
 */
export async function openWeights(path: string): Promise<Weights> {
  const info = await stat(path).catch(() => null);
  if (info === null && (await exists(`${path}.index`))) return openTensorflow(`${path}.index`);
  return openFile(info?.isDirectory() === true ? await weightsInFolder(path) : path, true);
}

/** `shards` false refuses an index: a shard is never one itself, or two indices could lead to each other for ever. */
async function openFile(path: string, shards: boolean): Promise<Weights> {
  const source = await openFileSource(path);
  try {
    return await openSource(source, shards);
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** The weights file of a folder: safetensors before PyTorch before Flax before Keras before TensorFlow. */
export async function weightsInFolder(path: string): Promise<string> {
  const names = await readdir(path).catch((error) => Promise.reject(fileError(error, path)));
  const found =
    PREFERRED.find((name) => names.includes(name)) ??
    names
      .filter((name) => name.endsWith(".index"))
      .sort(compareByStep)
      .at(-1) ??
    names.find((name) => /\.(safetensors|bin|pt|pth|msgpack|h5)$/.test(name));
  if (found !== undefined) return join(path, found);
  throw new ClinicalBertError("CHECKPOINT_FORMAT", `The folder ${path} has no weights.`, {
    details: { path },
  });
}

/** `model.ckpt-9` before `model.ckpt-10`. */
function compareByStep(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}

async function openSource(source: ByteSource, shards: boolean): Promise<Weights> {
  const { path } = source;
  const format = await recognise(source);
  switch (format === "json" && !shards ? "unknown" : format) {
    case "safetensors":
      return readSafetensors(source);
    case "pytorch-zip":
      return readPytorchZip(source);
    case "pytorch-legacy":
      return readPytorchLegacy(source);
    case "flax":
      return readFlax(source);
    case "tensorflow-index":
      await source.close();
      return openTensorflow(path);
    case "json":
      await source.close();
      return openSharded(path, (shard) => openFile(shard, false));
    case "gzip":
      throw unsupported(path, "it is a gzip archive, which is loaded as a model, not as one weights file");
    case "hdf5":
      return readHdf5(source);
    default:
      throw new ClinicalBertError("CHECKPOINT_FORMAT", `${path} (${source.size} bytes) is no weights file.`, {
        details: { path, size: source.size },
      });
  }
}

async function recognise(source: ByteSource): Promise<FileFormat> {
  const head = Buffer.from(await readBytes(source, 0, Math.min(16, source.size)));
  const tail = Buffer.from(await readBytes(source, Math.max(0, source.size - 8), Math.min(8, source.size)));
  if (tail.equals(TENSORFLOW_MAGIC)) return "tensorflow-index";
  if (head.length > 8 && head[8] === 0x7b && head.readBigUInt64LE(0) < 1n << 32n) return "safetensors";
  if (head.subarray(0, 2).toString("latin1") === "PK") return "pytorch-zip";
  if (head[0] === 0x1f && head[1] === 0x8b) return "gzip";
  if (head.subarray(1, 4).toString("latin1") === "HDF") return "hdf5";
  if (head[0] === 0x80 && head[1]! >= 2 && head[1]! <= 5) return "pytorch-legacy";
  if (head[0] === 0x7b) return "json";
  if ((head[0]! > 0x80 && head[0]! < 0x90) || head[0] === 0xde || head[0] === 0xdf) return "flax";
  return "unknown";
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}
