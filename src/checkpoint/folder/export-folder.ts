/** @file Writes a model as a Hugging Face folder that Python's transformers, transformers.js and this package load. */

import { dirname, join } from "node:path";
import { type BertConfig, writeBertConfig } from "../../bert/config.js";
import { inferenceGraph } from "../../bert/inference-graph.js";
import type { BertHead } from "../../bert/parameters.js";
import type { Tensor } from "../../graph/tensor.js";
import { lowerGraph } from "../../onnx/index.js";
import { tokenizerFilesOf, type WordPieceTokenizer } from "../../tokens/index.js";
import { openAtomic, writeAtomic } from "../../util/atomic-file.js";
import { fileError } from "../../util/file-error.js";
import { makeFolder } from "../../util/make-folder.js";
import { writeSafetensors } from "../safetensors/writer.js";
import { formatModelCard, type ModelCard } from "./model-card.js";

export interface ExportedModel {
  readonly config: BertConfig;
  readonly heads: readonly BertHead[];
  /** Every parameter of `parameterTable(config, heads)`. */
  readonly parameters: ReadonlyMap<string, Tensor>;
  /** With the longest sequence, special tokens included. */
  readonly tokenizer: { readonly wordpiece: WordPieceTokenizer; readonly maxLength: number } | null;
  readonly card: Pick<ModelCard, "title" | "origin" | "facts">;
  /** Variants to write under `onnx/`: `fp32` is `model.onnx`, `fp16` `model_fp16.onnx`, `q8` `model_quantized.onnx`. */
  readonly onnx: readonly OnnxVariant[];
  /** Files that stand beside those of the model as they are: their text by name. */
  readonly beside?: ReadonlyMap<string, string>;
}

/** Named as the `dtype` of transformers.js that loads it. */
export type OnnxVariant = "fp32" | "fp16" | "q8";
const ONNX_FILES = {
  fp32: "onnx/model.onnx",
  fp16: "onnx/model_fp16.onnx",
  q8: "onnx/model_quantized.onnx",
} as const;

/**
 * Writes the folder, `config.json` last: a folder that has one is whole. Parameters with a tied second name are written
 * once. Throws the errors of `openAtomic`.
 */
export async function exportModelFolder(folder: string, model: ExportedModel): Promise<void> {
  const { config, heads, parameters, tokenizer, card, onnx, beside = new Map<string, string>() } = model;
  await makeFolder(onnx.length > 0 ? join(folder, "onnx") : folder).catch((error) =>
    Promise.reject(fileError(error, folder)),
  );
  const architecture = architectureOf(heads);
  const files = ["config.json", "model.safetensors"];
  await writeSafetensors(join(folder, "model.safetensors"), parameters);
  if (tokenizer !== null) {
    for (const [file, text] of Object.entries(tokenizerFilesOf(tokenizer.wordpiece, tokenizer.maxLength))) {
      await writeAtomic(join(folder, file), text);
      files.push(file);
    }
  }
  for (const variant of onnx) {
    await writeOnnx(join(folder, ONNX_FILES[variant]), model, variant);
    files.push(ONNX_FILES[variant]);
  }
  for (const [file, text] of beside) {
    const path = join(folder, file);
    await makeFolder(dirname(path));
    await writeAtomic(path, text);
    files.push(file);
  }
  const lowercase = tokenizer?.wordpiece.options.lowercase ?? false;
  await writeAtomic(join(folder, "README.md"), formatModelCard({ ...card, architecture, files, lowercase }));
  await writeAtomic(
    join(folder, "config.json"),
    asJson({ ...writeBertConfig(config, architecture), dtype: "float32" }),
  );
}

/** The class of transformers that has exactly these heads. */
export function architectureOf(heads: readonly BertHead[]): string {
  if (heads.includes("token-classification")) return "BertForTokenClassification";
  if (heads.includes("sequence-classification")) return "BertForSequenceClassification";
  if (heads.includes("masked-lm"))
    return heads.includes("next-sentence") ? "BertForPreTraining" : "BertForMaskedLM";
  return heads.includes("next-sentence") ? "BertForNextSentencePrediction" : "BertModel";
}

/** The head that an exported graph computes; of both pretraining heads the masked-LM one, which fill-mask needs. */
export function exportedHeads(heads: readonly BertHead[]): readonly BertHead[] {
  return heads.includes("masked-lm") ? ["masked-lm"] : heads;
}

async function writeOnnx(
  path: string,
  { config, heads, parameters }: ExportedModel,
  variant: OnnxVariant,
): Promise<void> {
  const graph = inferenceGraph(config, { heads: exportedHeads(heads) });
  const lowered = lowerGraph(graph, {
    initializers: parameters,
    quantize: variant === "q8",
    half: variant === "fp16",
  });
  const file = await openAtomic(path);
  try {
    for (const chunk of joinSmall(lowered.chunks)) await file.write(chunk);
    await file.commit();
  } finally {
    await file.discard();
  }
}

/** A model has 100,000 chunks of a few bytes between those of its weights; one write each would take seconds. */
function* joinSmall(chunks: readonly Uint8Array[]): Generator<Uint8Array> {
  const limit = 1 << 20;
  let waiting: Uint8Array[] = [];
  let length = 0;
  for (const chunk of chunks) {
    if (length + chunk.length > limit && length > 0) {
      yield Buffer.concat(waiting);
      waiting = [];
      length = 0;
    }
    if (chunk.length > limit) yield chunk;
    else {
      waiting.push(chunk);
      length += chunk.length;
    }
  }
  if (length > 0) yield Buffer.concat(waiting);
}

function asJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
