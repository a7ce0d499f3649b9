/** @file What counts as a floating-point operation of a training step: the products of the model, and nothing else. */
import type { BertConfig } from "../bert/config.js";

export interface StepShape {
  /** B, S and P. */
  readonly batchSize: number;
  readonly maxLength: number;
  readonly maxPredictions: number;
}

/** 6·T·L·12H² + 12·L·B·S²·H + 6·B·P·(H² + H·V), T = B·S: forward and backward, padding included. */
export function stepFlops(
  { hiddenSize: H, layerCount: L, vocabSize: V }: BertConfig,
  { batchSize: B, maxLength: S, maxPredictions: P }: StepShape,
): number {
  return 6 * B * S * L * 12 * H * H + 12 * L * B * S * S * H + 6 * B * P * (H * H + H * V);
}
