/** @file Packs features into the tensors that the fine-tuning graph takes. */
import { Tensor } from "../../graph/tensor.js";
import { packSequences } from "../../training/packed-inputs.js";
import type { PackedShape } from "../../training/token-packing.js";
import { type Feature, IGNORED } from "./feature.js";
import { ROW_BLOCK } from "./finetuning-graph.js";

export interface BatchLayout {
  /** S */
  readonly length: number;
  /** A */
  readonly headCount: number;
  readonly paddingId: number;
  /** True for token classification: an answer at every token. */
  readonly ofTokens: boolean;
  /** Class that padding is trained to have, of the preset `alsentzer2019`: padding is then computed. Null where it is not asked. */
  readonly paddingClass: number | null;
}

export interface FeatureBatch {
  readonly feeds: Record<string, Tensor>;
  readonly shape: PackedShape;
  /** By feature: the row of its first token. */
  readonly starts: Int32Array;
}

/**
 * Tensors of `features`. `weightOf(row, label)` is the weight of one answer in the loss: class weight and the division by
 * the answers of the whole batch.
 */
export function packFeatures(
  features: readonly Feature[],
  { length: S, headCount, paddingId, ofTokens, paddingClass }: BatchLayout,
  weightOf: (row: number, label: number) => number,
): FeatureBatch {
  const lengths = features.map(({ ids }) => (paddingClass === null ? ids.length : S));
  const shape = { lengths, maxLength: S, block: ROW_BLOCK };
  const { rows, starts, feeds } = packSequences(features, shape, { heads: headCount, paddingId });
  // Padding that is computed is still not attended to.
  const attentionMask = new Int32Array(features.length * S);
  const answers = ofTokens ? rows : features.length;
  const labels = new Int32Array(answers);
  const weights = new Float32Array(answers);
  for (const [row, feature] of features.entries()) {
    attentionMask.fill(1, row * S, row * S + feature.ids.length);
    const first = ofTokens ? starts[row]! : row;
    for (let at = 0; at < (ofTokens ? lengths[row]! : 1); at++) {
      const label = feature.labels[at] ?? paddingClass ?? IGNORED;
      if (label === IGNORED) continue;
      labels[first + at] = label;
      weights[first + at] = weightOf(row, label);
    }
  }
  return {
    feeds: {
      ...feeds,
      attention_mask: Tensor.int32(attentionMask, [features.length, S]),
      labels: Tensor.int32(labels, [answers]),
      label_weights: Tensor.float32(weights, [answers]),
    },
    shape,
    starts,
  };
}
