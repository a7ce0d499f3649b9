/** @file Losses and accuracies of a model on instances that it was not trained on. No dropout, no gradients, no random numbers. */
import type { BertConfig } from "../bert/config.js";
import type { Tensor } from "../graph/tensor.js";
import type { PretrainingInstance } from "../instances/instance.js";
import type { Runtime } from "../runtime/runtime.js";
import { addResult, type BatchResult, emptyResult, resultOf } from "./batch-result.js";
import { batchScales, packBatch, type SequenceShape } from "./pretraining-batch.js";
import { pretrainingGraph } from "./pretraining-graph.js";

export interface EvaluateOptions {
  readonly config: BertConfig;
  readonly shape: SequenceShape;
  readonly batchSize: number;
  /** Asked between batches; the result is then null. */
  readonly stopped?: () => boolean;
}

export interface Evaluation {
  /** Mean over all predictions, natural logarithm. */
  readonly maskedLmLoss: number;
  readonly maskedLmAccuracy: number;
  readonly maskedLmCount: number;
  /** Mean over all sequences. */
  readonly nextSentenceLoss: number;
  readonly nextSentenceAccuracy: number;
  readonly sequences: number;
}

/** Runs every instance once. `parameters` by canonical name, float32. */
export async function evaluatePretraining(
  runtime: Runtime,
  parameters: ReadonlyMap<string, Tensor>,
  instances: Iterable<PretrainingInstance>,
  { config, shape, batchSize, stopped = () => false }: EvaluateOptions,
): Promise<Evaluation | null> {
  const { graph } = pretrainingGraph(config, {
    sequenceLength: shape.maxLength,
    dropout: false,
    gradients: false,
  });
  const executable = await runtime.compile(graph);
  const total = emptyResult();
  const parameterFeeds = Object.fromEntries(parameters);
  try {
    for (const batch of batches(instances, batchSize)) {
      if (stopped()) return null;
      const feeds = packBatch(batch, { ...shape, ...config }, batchScales(batch));
      const result = resultOf(batch, await executable.run({ ...parameterFeeds, ...feeds }));
      addResult(total, withSums(result));
    }
  } finally {
    await executable.dispose();
  }
  return {
    maskedLmLoss: total.maskedLmLoss / Math.max(1, total.maskedLmCount),
    maskedLmAccuracy: total.maskedLmCorrect / Math.max(1, total.maskedLmCount),
    maskedLmCount: total.maskedLmCount,
    nextSentenceLoss: total.nextSentenceLoss / Math.max(1, total.sequences),
    nextSentenceAccuracy: total.nextSentenceCorrect / Math.max(1, total.sequences),
    sequences: total.sequences,
  };
}

/** Means of one batch turned back into sums, so that batches of unequal size weigh by their predictions. */
function withSums(result: BatchResult): BatchResult {
  return {
    ...result,
    maskedLmLoss: result.maskedLmLoss * result.maskedLmCount,
    nextSentenceLoss: result.nextSentenceLoss * result.sequences,
  };
}

function* batches(instances: Iterable<PretrainingInstance>, size: number): Generator<PretrainingInstance[]> {
  let batch: PretrainingInstance[] = [];
  for (const instance of instances) {
    batch.push(instance);
    if (batch.length === size) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}
