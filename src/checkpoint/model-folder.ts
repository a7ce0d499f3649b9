/** @file A model as Hugging Face lays it out in a folder: `config.json`, weights, vocabulary. */
import { copyFile, mkdir, readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type BertConfig, readBertConfig, writeBertConfig } from "../bert/config.js";
import { ClinicalBertError } from "../errors.js";
import type { Tensor } from "../graph/tensor.js";
import { writeAtomic } from "../util/atomic-file.js";
import { fileError } from "../util/file-error.js";
import { writeSafetensors } from "./safetensors/writer.js";

/** Hugging Face's name first, then Google's. */
const CONFIG_NAMES = ["config.json", "bert_config.json"] as const;
export const VOCABULARY_NAME = "vocab.txt";

/**
 * The configuration beside the weights at `path` (a folder, a weights file, or a TensorFlow prefix).
 * Throws `FILE_NOT_FOUND` when there is none, `BERT_CONFIG` when it is none of a BERT.
 */
export async function readModelConfig(path: string): Promise<BertConfig> {
  const folder = await folderOf(path);
  for (const name of CONFIG_NAMES) {
    const file = join(folder, name);
    const text = await readFile(file, "utf8").catch(() => null);
    if (text !== null) return readBertConfig(parseJson(text, file), file);
  }
  throw new ClinicalBertError("FILE_NOT_FOUND", `${folder} has neither ${CONFIG_NAMES.join(" nor ")}.`, {
    details: { path: folder },
  });
}

/** Path of the `vocab.txt` beside the weights at `path`, or null. */
export async function findVocabulary(path: string): Promise<string | null> {
  const file = join(await folderOf(path), VOCABULARY_NAME);
  return (await stat(file).catch(() => null)) === null ? null : file;
}

async function folderOf(path: string): Promise<string> {
  const info = await stat(path).catch(() => null);
  return info?.isDirectory() === true ? path : dirname(path);
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ClinicalBertError("BERT_CONFIG", `${path} is not JSON.`, { details: { path } });
  }
}

export interface ModelFolder {
  readonly config: BertConfig;
  /** Class of transformers that the weights are for, e.g. `BertForPreTraining`. */
  readonly architecture: string;
  /** Parameters by canonical name. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** Path of the vocabulary to put beside them. */
  readonly vocabulary: string | null;
}

/** Writes `config.json`, `model.safetensors` and `vocab.txt` into `folder`, which is made when it is not there. */
export async function writeModelFolder(folder: string, model: ModelFolder): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await writeSafetensors(join(folder, "model.safetensors"), model.tensors);
    if (model.vocabulary !== null) await copyFile(model.vocabulary, join(folder, VOCABULARY_NAME));
    const json = writeBertConfig(model.config, model.architecture);
    await writeAtomic(join(folder, "config.json"), `${JSON.stringify(json, null, 2)}\n`);
  } catch (error) {
    throw fileError(error, folder);
  }
}
