/** @file The pipeline `feature-extraction`: hidden states of texts, as they are or pooled. */
import { ClinicalBertError } from "../errors.js";
import { Tensor } from "../graph/tensor.js";
import { indexable } from "./indexable.js";
import type { PreTrainedModel } from "./pretrained-model.js";
import { unknownOption } from "./shared-options.js";
import { runBatches } from "./run-batches.js";
import type { PreTrainedTokenizer } from "./pretrained-tokenizer.js";

export const POOLINGS = [
  "none",
  "mean",
  "cls",
  "first_token",
  "last_token",
  "eos",
  "last_four_layers",
] as const;
export type Pooling = (typeof POOLINGS)[number];

export interface FeatureExtractionOptions {
  /**
   * `none` (default): [N, S, H], zeros where a text is shorter than the longest. `mean`: over real tokens, [CLS] and [SEP]
   * with them, [N, H]. `cls`, `first_token`: [N, H]. `last_token`, `eos`: the last real token. `last_four_layers`: mean over
   * real tokens of the last four layers joined, the earliest first, [N, 4·H].
   */
  readonly pooling?: Pooling;
  /** Divides each vector by its length. */
  readonly normalize?: boolean;
}

const LAYERS_JOINED = 4;

/** Features of `texts`, longer ones cut at the model's length, in the given order. */
export async function extractFeatures(
  tokenizer: PreTrainedTokenizer,
  model: PreTrainedModel,
  texts: string | readonly string[],
  { pooling = "none", normalize = false }: FeatureExtractionOptions = {},
): Promise<Tensor> {
  if (!POOLINGS.includes(pooling)) throw unknownOption("pooling", pooling, POOLINGS);
  const list = typeof texts === "string" ? [texts] : texts;
  if (list.length === 0)
    throw new ClinicalBertError("PIPELINE_INPUT", "An empty list of texts has no features.");
  const { wordpiece, model_max_length: maxLength } = tokenizer;
  const encodings = list.map((text) => wordpiece.encode(text, { truncation: { maxLength } }));
  const lengths = encodings.map(({ ids }) => ids.length);
  const joined = pooling === "last_four_layers";
  let result: Float32Array | null = null;
  let width = 0;
  const longest = Math.max(...lengths);
  await runBatches(
    model,
    encodings,
    tokenizer.pad_token_id,
    (index, outputs, row) => {
      const states = joined ? lastLayers(outputs) : [outputs["last_hidden_state"] ?? outputs["logits"]!];
      const H = states[0]!.dims[2]!;
      const rowWidth = pooling === "none" ? longest * H : H * states.length;
      result ??= new Float32Array(list.length * rowWidth);
      width = H * states.length;
      const target = result.subarray(index * rowWidth, (index + 1) * rowWidth);
      for (const [part, state] of states.entries())
        poolRow(state, row, lengths[index]!, pooling, target.subarray(part * H));
    },
    { hiddenStates: joined },
  );
  const dims = pooling === "none" ? [list.length, longest, width] : [list.length, width];
  const tensor = Tensor.float32(result!, dims);
  if (normalize) normalizeRows(tensor.data, width);
  return indexable(tensor);
}

function lastLayers(outputs: Readonly<Record<string, Tensor>>): Tensor[] {
  const count = Object.keys(outputs).filter((name) => name.startsWith("hidden_states.")).length;
  const first = Math.max(1, count - LAYERS_JOINED);
  return Array.from({ length: count - first }, (_, layer) => outputs[`hidden_states.${first + layer}`]!);
}

/** One text of `states` [B, S, H] into the start of `target`. */
function poolRow(states: Tensor, row: number, length: number, pooling: Pooling, target: Float32Array): void {
  const [, S, H] = states.dims as readonly [number, number, number];
  const data = (states.data as Float32Array).subarray(row * S * H, row * S * H + length * H);
  if (pooling !== "mean" && pooling !== "last_four_layers") {
    const first = pooling === "last_token" || pooling === "eos" ? (length - 1) * H : 0;
    target.set(pooling === "none" ? data : data.subarray(first, first + H));
    return;
  }
  const sums = new Float64Array(H);
  for (let token = 0; token < length; token++)
    for (let axis = 0; axis < H; axis++) sums[axis]! += data[token * H + axis]!;
  for (let axis = 0; axis < H; axis++) target[axis] = sums[axis]! / length;
}

function normalizeRows(data: Float32Array, width: number): void {
  for (let start = 0; start < data.length; start += width) {
    const row = data.subarray(start, start + width);
    const norm = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    if (norm > 0) for (let axis = 0; axis < width; axis++) row[axis]! /= norm;
  }
}
