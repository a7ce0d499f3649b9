/** @file Losses and hits of a batch, summed over its micro-batches. */
import type { Tensor } from "../graph/tensor.js";
import type { PretrainingInstance } from "../instances/instance.js";

export interface BatchResult {
  readonly loss: number;
  readonly maskedLmLoss: number;
  readonly nextSentenceLoss: number;
  readonly maskedLmCorrect: number;
  readonly maskedLmCount: number;
  readonly nextSentenceCorrect: number;
  readonly sequences: number;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export function emptyResult(): Mutable<BatchResult> {
  return {
    loss: 0,
    maskedLmLoss: 0,
    nextSentenceLoss: 0,
    maskedLmCorrect: 0,
    maskedLmCount: 0,
    nextSentenceCorrect: 0,
    sequences: 0,
  };
}

export function addResult(total: Mutable<BatchResult>, part: BatchResult): void {
  for (const key of Object.keys(total) as (keyof BatchResult)[]) total[key] += part[key];
}

/** Losses and hits of one run of the pretraining graph on `part`. */
export function resultOf(
  part: readonly PretrainingInstance[],
  outputs: Readonly<Record<string, Tensor>>,
): BatchResult {
  const predicted = outputs["masked_lm_predictions"]!.data;
  const nextPredicted = outputs["next_sentence_predictions"]!.data;
  let maskedLmCorrect = 0;
  let nextSentenceCorrect = 0;
  let maskedLmCount = 0;
  for (const [row, instance] of part.entries()) {
    for (const id of instance.maskedIds) if (Number(predicted[maskedLmCount++]) === id) maskedLmCorrect++;
    if (Number(nextPredicted[row]) === (instance.isRandomNext ? 1 : 0)) nextSentenceCorrect++;
  }
  const scalar = (name: string): number => Number(outputs[name]!.data[0]);
  return {
    loss: scalar("loss"),
    maskedLmLoss: scalar("masked_lm_loss"),
    nextSentenceLoss: scalar("next_sentence_loss"),
    maskedLmCorrect,
    maskedLmCount,
    nextSentenceCorrect,
    sequences: part.length,
  };
}
