/**
 * @file What a pipeline asks of a model: rows, each an encoding and what to read of its outputs, all of it plain data. So rows
 * of several callers can share a batch, and the model can be in another thread than the pipeline.
 */
import { ClinicalBertError } from "../errors.js";
import type { Tensor } from "../graph/tensor.js";
import type { Encoding } from "../tokens/index.js";
import type { PretrainedConfig } from "./pretrained-config.js";
import type { PreTrainedModel } from "./pretrained-model.js";
import { type BatchOptions, runBatches } from "./run-batches.js";

/** `none` gives [T, H] of a text, `last_four_layers` [4·H], every other [H]. */
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

export type Reading =
  /** Hidden states, pooled. */
  | { readonly output: "states"; readonly pooling: Pooling }
  /** Logits of the whole row: [labels]. */
  | { readonly output: "logits" }
  /** Logits of the tokens `from` to `to`: [to − from, labels] or [to − from, V]. */
  | { readonly output: "token-logits"; readonly from: number; readonly to: number }
  /** Attention of a head, both counted from 0: [T, T]; a row sums to 1. */
  | { readonly output: "attention"; readonly layer: number; readonly head: number };

export interface ModelRow {
  /** Not padded. */
  readonly encoding: Pick<Encoding, "ids" | "typeIds">;
  readonly reading: Reading;
}

export interface RowOptions extends Pick<BatchOptions, "tokensPerBatch" | "mostPadding" | "signal"> {
  /** Default 0; padding is masked, so that any id of the vocabulary does. */
  readonly paddingId?: number;
}

/** A model as pipelines see it: a `PreTrainedModel`, or one somewhere else. */
export interface RowModel {
  readonly config: PretrainedConfig;
  /** What each row asks for, in order, in memory of its own. */
  readRows(rows: readonly ModelRow[], options?: RowOptions): Promise<Float32Array[]>;
}

const LAYERS_JOINED = 4;

/** Runs rows sorted by length, in batches with little padding. */
export async function readRows(
  model: PreTrainedModel,
  rows: readonly ModelRow[],
  { paddingId = 0, ...options }: RowOptions = {},
): Promise<Float32Array[]> {
  const results = new Array<Float32Array>(rows.length);
  const wishes = {
    hiddenStates: rows.some(
      ({ reading }) => reading.output === "states" && reading.pooling === "last_four_layers",
    ),
    attentions: rows.some(({ reading }) => reading.output === "attention"),
  };
  await runBatches(
    model,
    rows.map(({ encoding }) => encoding),
    paddingId,
    (index, outputs, row) => {
      const { encoding, reading } = rows[index]!;
      results[index] = readRow(outputs, row, encoding.ids.length, reading);
    },
    { ...options, ...wishes },
  );
  return results;
}

function readRow(
  outputs: Readonly<Record<string, Tensor>>,
  row: number,
  length: number,
  reading: Reading,
): Float32Array {
  switch (reading.output) {
    case "states": {
      const joined = reading.pooling === "last_four_layers";
      const states = joined ? lastLayers(outputs) : [outputs["last_hidden_state"] ?? outputs["logits"]!];
      const H = states[0]!.dims[2]!;
      const target = new Float32Array(H * (reading.pooling === "none" ? length : states.length));
      for (const [part, state] of states.entries())
        poolRow(state, row, length, reading.pooling, target.subarray(part * H));
      return target;
    }
    case "logits":
      return (outputs["logits"]!.row(row).data as Float32Array).slice();
    case "token-logits": {
      const { dims, data } = outputs["logits"]!.row(row);
      const width = dims[1]!;
      return (data as Float32Array).slice(reading.from * width, reading.to * width);
    }
    case "attention":
      return attentionOf(outputs, row, length, reading);
  }
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

function attentionOf(
  outputs: Readonly<Record<string, Tensor>>,
  row: number,
  length: number,
  { layer, head }: { readonly layer: number; readonly head: number },
): Float32Array {
  const weights = outputs[`attentions.${layer}`]?.row(row);
  if (weights === undefined || head >= weights.dims[0]!)
    throw new ClinicalBertError("PIPELINE_INPUT", `The model has no head ${head} in a layer ${layer}.`, {
      details: { layer, head },
    });
  const { data, dims } = weights.row(head);
  const S = dims[1]!;
  const target = new Float32Array(length * length);
  for (let token = 0; token < length; token++)
    target.set((data as Float32Array).subarray(token * S, token * S + length), token * length);
  return target;
}
