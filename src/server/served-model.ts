/** @file Opens what is known of a model before any thread loads it: tasks, labels, hash, the files that a browser may fetch. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type OpenModel, openModel, resolveModel } from "../checkpoint/index.js";
import { ClinicalBertError } from "../errors.js";
import { AutoTokenizer } from "../pipelines/index.js";
import { readRecall } from "../tasks/deid/deid-recall.js";
import { phiClasses, readModelShapeFile, sentenceReading } from "../tasks/index.js";
import { fileError } from "../util/file-error.js";
import type { ModelInfo, ModelTask } from "./api.js";
import { type ModelFile, openModelFiles, revisionOf } from "./model-files.js";
import type { LaneHead, TokenizerSource } from "./messages.js";
import type { ModelSettings, ModelSource } from "./settings.js";

export interface ServedModel {
  readonly info: ModelInfo;
  /** For the threads that run models: the path of the weights, beside their configuration. */
  readonly weights: string;
  /** Of the files of the weights. */
  readonly weightBytes: number;
  readonly heads: readonly LaneHead[];
  /** For the thread that reads texts. */
  readonly text: TokenizerSource;
  /** Those of `info.files`. */
  readonly files: ReadonlyMap<string, ModelFile>;
}

/** Heads that a route needs, and the task that they make possible. */
const TASKS: readonly (readonly [LaneHead, readonly ModelTask[]])[] = [
  ["encoder", ["embed", "attention"]],
  ["masked-lm", ["fill-mask"]],
  ["token-classification", ["token-classification"]],
  ["sequence-classification", ["text-classification"]],
];

/** Throws what loading a model throws, and `USAGE` for two models of one name. */
export async function openServedModels(
  { models, dtype, revision, offline }: ModelSettings,
  notice: (text: string) => void,
): Promise<ServedModel[]> {
  const opened: ServedModel[] = [];
  for (const model of models) {
    const hub = { ...(revision === undefined ? {} : { revision }), ...(offline ? { offline } : {}) };
    const served = await openServedModel(model, hub, dtype, notice);
    if (opened.some(({ info }) => info.id === served.info.id))
      throw new ClinicalBertError("USAGE", `Two models would be called ${served.info.id}.`, {
        remedy: "Name them: --model first=DIR --model second=DIR.",
      });
    opened.push(served);
  }
  return opened;
}

async function openServedModel(
  { id, source }: ModelSource,
  hub: { readonly revision?: string; readonly offline?: boolean },
  dtype: ModelInfo["dtype"],
  notice: (text: string) => void,
): Promise<ServedModel> {
  const resolved = await resolveModel(source, hub);
  const weights = resolved.weights!;
  // By its weights file from here on, here and in the threads: what a hub id means may change meanwhile.
  const model = await openModel(weights);
  try {
    for (const text of [...resolved.notices, ...model.notices]) notice(text);
    const tokenizer = await AutoTokenizer.from_pretrained(model.folder, { on_notice: notice });
    const { config } = model;
    const classifier = classifierOf(model);
    const present = TASKS.filter(
      ([head]) =>
        head === "encoder" || head === classifier || (head === "masked-lm" && model.heads.has(head)),
    );
    const labels = classifier === null ? [] : config.labels;
    const tasks = present.flatMap(([, own]) => own);
    if (classifier === "token-classification" && namesPhi(labels)) tasks.push("deidentify");
    const { sha256, bytes: weightBytes } = await hashWeights(weights);
    const recall = tasks.includes("deidentify") ? await readRecall(model.folder) : null;
    const pooling = await readPooling(model.folder);
    const files = await openModelFiles(model, weights, sha256, weightBytes);
    const name = id ?? basename(source.replace(/[\\/]+$/, "")).replace(/\.tar\.gz$/, "");
    const info: ModelInfo = {
      id: name,
      sha256,
      dtype,
      tasks,
      labels,
      max_length: tokenizer.model_max_length,
      vocabulary_size: config.vocabSize,
      hidden_size: config.hiddenSize,
      layers: config.layerCount,
      heads: config.headCount,
      lowercase: tokenizer.wordpiece.options.lowercase,
      mask_token: tokenizer.mask_token,
      pooling,
      revision: revisionOf(files),
      files: Object.fromEntries([...files].map(([file, { bytes }]) => [file, bytes])),
    };
    return {
      info,
      weights,
      weightBytes,
      heads: present.map(([head]) => head),
      files,
      text: {
        id: name,
        folder: model.folder,
        config: model.configJson,
        labels,
        pooling,
        hiddenSize: config.hiddenSize,
        layers: config.layerCount,
        heads: config.headCount,
        recall: recall?.weights === sha256 && recall.dtype === dtype ? recall : null,
        sentences: sentenceReading(await readModelShapeFile(model.folder)),
        embedLength: Math.min(tokenizer.model_max_length, await readEmbedLength(model.folder)),
      },
    };
  } finally {
    await model.close();
  }
}

/** Both classifiers have their weights under one name: the configuration says which it is, else whether there is a pooler. */
function classifierOf({
  heads,
  configJson,
}: OpenModel): "token-classification" | "sequence-classification" | null {
  const byTokens = heads.has("token-classification");
  const bySequence = heads.has("sequence-classification") && heads.has("pooler");
  if (byTokens && bySequence)
    return JSON.stringify(configJson["architectures"] ?? "").includes("ForTokenClassification")
      ? "token-classification"
      : "sequence-classification";
  return byTokens ? "token-classification" : bySequence ? "sequence-classification" : null;
}

function namesPhi(labels: readonly string[]): boolean {
  try {
    phiClasses({ ...labels });
    return true;
  } catch {
    return false;
  }
}

/** sentence-transformers: `1_Pooling/config.json`; mean where it is not there. */
async function readPooling(folder: string): Promise<"mean" | "cls"> {
  const config = await readJson(join(folder, "1_Pooling", "config.json"));
  return config["pooling_mode_cls_token"] === true ? "cls" : "mean";
}

/** sentence-transformers: `sentence_bert_config.json`. */
async function readEmbedLength(folder: string): Promise<number> {
  const length = (await readJson(join(folder, "sentence_bert_config.json")))["max_seq_length"];
  return typeof length === "number" && length > 2 ? length : Number.POSITIVE_INFINITY;
}

async function readJson(path: string): Promise<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(await readFile(path, "utf8"));
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** SHA-256 of the weights: of the data file for a TensorFlow prefix, of all files one after the other for shards. */
async function hashWeights(path: string): Promise<{ sha256: string; bytes: number }> {
  const hash = createHash("sha256");
  let bytes = 0;
  for (const file of await weightFiles(path)) {
    try {
      for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) {
        hash.update(chunk as Buffer);
        bytes += (chunk as Buffer).length;
      }
    } catch (error) {
      throw fileError(error, file);
    }
  }
  return { sha256: hash.digest("hex"), bytes };
}

async function weightFiles(path: string): Promise<string[]> {
  const data = `${path.replace(/\.index$/, "")}.data-00000-of-00001`;
  if ((await stat(data).catch(() => null)) !== null) return [data];
  if (!path.endsWith(".index.json")) return [path];
  const shards = Object.values((await readJson(path))["weight_map"] as Record<string, string>);
  return [path, ...[...new Set(shards)].sort().map((shard) => join(dirname(path), shard))];
}
