/** @file What counts as a floating-point operation of a training step: the products of the model, and nothing else. */
import type { BertConfig } from "../bert/config.js";
import type { PretrainingInstance } from "../instances/instance.js";

/**
 * 6·T·L·12H² + 12·L·B·S²·H + 6·M·(H² + H·V), forward and backward, of a batch of B sequences with T tokens (padding is not
 * computed, but for the S² of attention) and M predictions.
 */
export function stepFlops(
  { hiddenSize: H, layerCount: L, vocabSize: V }: BertConfig,
  batch: readonly Pick<PretrainingInstance, "ids" | "maskedIds">[],
  maxLength: number,
): number {
  const [B, S] = [batch.length, maxLength];
  const T = batch.reduce((sum, { ids }) => sum + ids.length, 0);
  const M = batch.reduce((sum, { maskedIds }) => sum + maskedIds.length, 0);
  return 6 * T * L * 12 * H * H + 12 * L * B * S * S * H + 6 * M * (H * H + H * V);
}
