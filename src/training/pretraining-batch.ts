/** @file Packs instances into the tensors that the pretraining graph takes. */
import { ClinicalBertError } from "../errors.js";
import { Tensor } from "../graph/tensor.js";
import type { PretrainingInstance } from "../instances/instance.js";
import { packSequences } from "./packed-inputs.js";
import { type PackedShape, rowBlock } from "./token-packing.js";

/** Masked-LM normaliser: Σ weights + 1e-5 (run_pretraining.py:280). */
const NORMALIZER_EPSILON = 1e-5;

export interface SequenceShape {
  /** S */
  readonly maxLength: number;
  /** P, the most predictions of a sequence. */
  readonly maxPredictions: number;
}

/** Of sequences, and of the model that they are for. */
export interface BatchShape extends SequenceShape {
  readonly vocabSize: number;
  /** A */
  readonly headCount: number;
}

/** What the losses are divided by, over the whole batch. */
export interface BatchScales {
  readonly maskedLm: number;
  readonly nextSentence: number;
}

export function batchScales(instances: readonly PretrainingInstance[]): BatchScales {
  const predictions = sum(instances.map(({ maskedPositions }) => maskedPositions.length));
  return { maskedLm: 1 / (predictions + NORMALIZER_EPSILON), nextSentence: 1 / instances.length };
}

/**
 * Tensors of `instances` (a whole batch or a micro-batch of it), without padding. Throws `TRAINING_INSTANCE` for an instance that is
 * empty or longer than the model's input, has more predictions than `maxPredictions`, or ids outside of the vocabulary.
 */
export function packBatch(
  instances: readonly PretrainingInstance[],
  { maxLength, maxPredictions, vocabSize, headCount }: BatchShape,
  scales: BatchScales,
): Record<string, Tensor> {
  for (const instance of instances) checkInstance(instance, maxLength, maxPredictions, vocabSize);
  const sequences = instances.map(({ ids, segmentIds }) => ({ ids, typeIds: segmentIds }));
  const model = { heads: headCount, paddingId: 0 };
  const { starts, feeds } = packSequences(sequences, packedShape(instances, maxLength), model);
  // A batch that predicts nothing still has one row, of weight 0: onnxruntime has no products of no rows.
  const M = Math.max(1, sum(instances.map(({ maskedIds }) => maskedIds.length)));
  const maskedRows = new Int32Array(M);
  const maskedIds = new Int32Array(M);
  const maskedWeights = new Float32Array(M);
  let prediction = 0;
  for (const [index, instance] of instances.entries()) {
    maskedIds.set(instance.maskedIds, prediction);
    for (const position of instance.maskedPositions) {
      maskedRows[prediction] = starts[index]! + position;
      maskedWeights[prediction++] = 1;
    }
  }
  const labels = Int32Array.from(instances, ({ isRandomNext }) => (isRandomNext ? 1 : 0));
  return {
    ...feeds,
    masked_rows: Tensor.int32(maskedRows, [M]),
    masked_ids: Tensor.int32(maskedIds, [M]),
    masked_weights: Tensor.float32(maskedWeights, [M]),
    next_sentence_labels: Tensor.int32(labels, [instances.length]),
    masked_lm_scale: Tensor.float32([scales.maskedLm], []),
    next_sentence_scale: Tensor.float32([scales.nextSentence], []),
  };
}

/** How these instances are packed on a grid of `maxLength` places each. */
export function packedShape(
  instances: readonly Pick<PretrainingInstance, "ids">[],
  maxLength: number,
): PackedShape {
  return { lengths: instances.map(({ ids }) => ids.length), maxLength, block: rowBlock(maxLength) };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function checkInstance(instance: PretrainingInstance, S: number, P: number, vocabSize: number): void {
  const { ids, maskedPositions, maskedIds } = instance;
  if (ids.length === 0) throw refuse("has no tokens", "Make the instances again.");
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
