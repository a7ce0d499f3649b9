/** @file Packs features into the padded tensors that the fine-tuning graph takes. */
import { Tensor } from "../../graph/tensor.js";
import { type Feature, IGNORED } from "./feature.js";

export interface BatchLayout {
  /** S */
  readonly length: number;
  readonly paddingId: number;
  /** True for token classification: an answer at every position. */
  readonly ofTokens: boolean;
  /** Class that padding is trained to have, of the preset `alsentzer2019`; null where it is not asked. */
  readonly paddingClass: number | null;
}

/**
 * Tensors of `features`. `weightOf(row, label)` is the weight of one answer in the loss: class weight and the division by
 * the answers of the whole batch.
 */
export function packFeatures(
  features: readonly Feature[],
  { length: S, paddingId, ofTokens, paddingClass }: BatchLayout,
  weightOf: (row: number, label: number) => number,
): Record<string, Tensor> {
  const B = features.length;
  const ids = new Int32Array(B * S).fill(paddingId);
  const typeIds = new Int32Array(B * S);
  const attentionMask = new Int32Array(B * S);
  const width = ofTokens ? S : 1;
  const labels = new Int32Array(B * width);
  const weights = new Float32Array(B * width);
  for (const [row, feature] of features.entries()) {
    ids.set(feature.ids, row * S);
    typeIds.set(feature.typeIds, row * S);
    attentionMask.fill(1, row * S, row * S + feature.ids.length);
    for (let at = 0; at < width; at++) {
      const label = feature.labels[at] ?? paddingClass ?? IGNORED;
      if (label === IGNORED) continue;
      labels[row * width + at] = label;
      weights[row * width + at] = weightOf(row, label);
    }
  }
  return {
    input_ids: Tensor.int32(ids, [B, S]),
    token_type_ids: Tensor.int32(typeIds, [B, S]),
    attention_mask: Tensor.int32(attentionMask, [B, S]),
    labels: Tensor.int32(labels, [B * width]),
    label_weights: Tensor.float32(weights, [B * width]),
  };
}
