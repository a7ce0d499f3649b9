/** @file Runs many encodings through a model: sorted by length, in batches with little padding, results in the given order. */
import type { Tensor } from "../graph/tensor.js";
import type { Encoding } from "../tokens/index.js";
import type { PreTrainedModel } from "./pretrained-model.js";
import { toTensors } from "./pretrained-tokenizer.js";

export interface BatchOptions {
  /** Most tokens of a batch, padding included. */
  readonly tokensPerBatch?: number;
  /** Most padding of a batch, as a share of it. */
  readonly mostPadding?: number;
  readonly hiddenStates?: boolean;
  readonly attentions?: boolean;
  readonly signal?: AbortSignal;
}

/** Called once for each encoding, in no order: its index, the outputs of its batch, its row there. */
export type TakeRow = (index: number, outputs: Readonly<Record<string, Tensor>>, row: number) => void;

/** Large enough for products near their best speed, small enough for the caches. */
export const TOKENS_PER_BATCH = 1024;
/** Padding beyond this share of a batch costs more than a smaller batch. */
export const MOST_PADDING = 0.04;

/** Runs `encodings`, which are not padded, and hands every row to `take`. */
export async function runBatches(
  model: PreTrainedModel,
  encodings: readonly Pick<Encoding, "ids" | "typeIds">[],
  paddingId: number,
  take: TakeRow,
  {
    tokensPerBatch = TOKENS_PER_BATCH,
    mostPadding = MOST_PADDING,
    hiddenStates = false,
    attentions = false,
    signal,
  }: BatchOptions = {},
): Promise<void> {
  for (const batch of planBatches(
    encodings.map(({ ids }) => ids.length),
    tokensPerBatch,
    mostPadding,
  )) {
    signal?.throwIfAborted();
    const longest = encodings[batch.at(-1)!]!.ids.length;
    const inputs = toTensors(batch.map((index) => padRight(encodings[index]!, longest, paddingId)));
    const outputs = await model.run({ ...inputs }, { hiddenStates, attentions });
    for (const [row, index] of batch.entries()) take(index, outputs, row);
  }
}

/** Batches of indices by growing length, so that the last of each is the longest. */
export function planBatches(
  lengths: readonly number[],
  tokensPerBatch: number,
  mostPadding = MOST_PADDING,
): number[][] {
  const order = lengths.map((_, index) => index).sort((a, b) => lengths[a]! - lengths[b]!);
  const batches: number[][] = [];
  let batch: number[] = [];
  let tokens = 0;
  for (const index of order) {
    const length = lengths[index]!;
    const padded = (batch.length + 1) * length;
    const waste = padded - (tokens + length);
    if (batch.length > 0 && (padded > tokensPerBatch || waste > padded * mostPadding)) {
      batches.push(batch);
      batch = [];
      tokens = 0;
    }
    batch.push(index);
    tokens += length;
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}

function padRight(
  { ids, typeIds }: Pick<Encoding, "ids" | "typeIds">,
  length: number,
  paddingId: number,
): Pick<Encoding, "ids" | "typeIds" | "attentionMask"> {
  const padded = new Int32Array(length).fill(paddingId);
  padded.set(ids);
  const types = new Uint8Array(length);
  types.set(typeIds);
  return { ids: padded, typeIds: types, attentionMask: new Uint8Array(length).fill(1, 0, ids.length) };
}
