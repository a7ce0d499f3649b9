/** @file Packs instances into the padded tensors that the pretraining graph takes. */
import { ClinicalBertError } from "../errors.js";
import { Tensor } from "../graph/tensor.js";
import type { PretrainingInstance } from "../instances/instance.js";

/** Masked-LM normaliser: Σ weights + 1e-5 (run_pretraining.py:280). */
const NORMALIZER_EPSILON = 1e-5;

export interface BatchShape {
  /** S */
  readonly maxLength: number;
  /** P, predictions a sequence, padded with weight 0 at row 0 of the sequence. */
  readonly maxPredictions: number;
  readonly vocabSize: number;
}

/** What the losses are divided by, over the whole batch. */
export interface BatchScales {
  readonly maskedLm: number;
  readonly nextSentence: number;
}

export function batchScales(instances: readonly PretrainingInstance[]): BatchScales {
  const predictions = instances.reduce((sum, instance) => sum + instance.maskedPositions.length, 0);
  return { maskedLm: 1 / (predictions + NORMALIZER_EPSILON), nextSentence: 1 / instances.length };
}

/**
 * Tensors of `instances` (a whole batch or a micro-batch of it). Throws `TRAINING_INSTANCE` for an instance that is longer
 * than the model's input, has more predictions than `maxPredictions`, or ids outside of the vocabulary.
 */
export function packBatch(
  instances: readonly PretrainingInstance[],
  { maxLength: S, maxPredictions: P, vocabSize }: BatchShape,
  scales: BatchScales,
): Record<string, Tensor> {
  const B = instances.length;
  const ids = new Int32Array(B * S);
  const typeIds = new Int32Array(B * S);
  const attentionMask = new Int32Array(B * S);
  const maskedRows = new Int32Array(B * P);
  const maskedIds = new Int32Array(B * P);
  const maskedWeights = new Float32Array(B * P);
  const labels = new Int32Array(B);
  for (const [row, instance] of instances.entries()) {
    checkInstance(instance, S, P, vocabSize);
    ids.set(instance.ids, row * S);
    typeIds.set(instance.segmentIds, row * S);
    attentionMask.fill(1, row * S, row * S + instance.ids.length);
    maskedRows.fill(row * S, row * P, (row + 1) * P);
    for (const [index, position] of instance.maskedPositions.entries()) {
      maskedRows[row * P + index] = row * S + position;
      maskedIds[row * P + index] = instance.maskedIds[index]!;
      maskedWeights[row * P + index] = 1;
    }
    labels[row] = instance.isRandomNext ? 1 : 0;
  }
  return {
    input_ids: Tensor.int32(ids, [B, S]),
    token_type_ids: Tensor.int32(typeIds, [B, S]),
    attention_mask: Tensor.int32(attentionMask, [B, S]),
    masked_rows: Tensor.int32(maskedRows, [B * P]),
    masked_ids: Tensor.int32(maskedIds, [B * P]),
    masked_weights: Tensor.float32(maskedWeights, [B * P]),
    next_sentence_labels: Tensor.int32(labels, [B]),
    masked_lm_scale: Tensor.float32([scales.maskedLm], []),
    next_sentence_scale: Tensor.float32([scales.nextSentence], []),
  };
}

function checkInstance(instance: PretrainingInstance, S: number, P: number, vocabSize: number): void {
  const { ids, maskedPositions, maskedIds } = instance;
  if (ids.length > S)
    throw refuse(
      `has ${ids.length} tokens, more than the length ${S}`,
      "Raise --max-length to the value the instances were made with.",
    );
  if (maskedPositions.length > P)
    throw refuse(
      `has ${maskedPositions.length} predictions, more than ${P}`,
      "Raise --max-predictions to the value the instances were made with.",
    );
  const known = (id: number): boolean => id >= 0 && id < vocabSize;
  if (!ids.every(known) || !maskedIds.every(known))
    throw refuse(
      `has ids outside of the vocabulary of ${vocabSize}`,
      "Use the vocabulary that the instances were made with.",
    );
  if (maskedPositions.some((position) => position < 0 || position >= ids.length))
    throw refuse("predicts a position outside of itself", "Make the instances again.");
}

function refuse(why: string, remedy: string): ClinicalBertError {
  return new ClinicalBertError("TRAINING_INSTANCE", `An instance ${why}.`, { remedy });
}
