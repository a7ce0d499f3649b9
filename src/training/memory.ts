/** @file How much memory a training needs, from its shapes; and the largest micro-batch that fits a budget. */
import type { BertConfig } from "../bert/config.js";
import { PRETRAINING_HEADS, parameterTable } from "../bert/parameters.js";
import { ClinicalBertError } from "../errors.js";
import { resolveDim } from "../graph/dim.js";
import { sizeOf } from "../graph/tensor.js";
import { peakGraphBytes } from "./graph-memory.js";
import { type PretrainingGraph, pretrainingGraph } from "./pretraining-graph.js";
import { packingSymbols, rowBlock } from "./token-packing.js";

export interface TrainingShape {
  readonly config: BertConfig;
  /** S and P. */
  readonly maxLength: number;
  readonly maxPredictions: number;
  readonly dropout: number;
}

/**
 * What the shapes do not say, fitted to the largest resident sets of trainings in Node 20 with onnxruntime 1.30; the estimate
 * meets eight of them within 7 % (docs/performance.md has the table): the process itself, copies of parameters that
 * onnxruntime makes, the table of word-embedding gradients that a scatter writes, and room between the blocks of its allocator.
 */
const FITTED = { process: 0.17e9, parameterCopies: 0.8, embeddingCopies: 1, fragmentation: 1.5 } as const;
/** Weights, gradients and both moments. */
const STATE_COPIES = 4;
const FLOAT_BYTES = 4;

/** Largest micro-batch that a budget chooses: beyond it a step takes more memory and no less time. */
const BEST_MICRO_BATCH = 8;

/** Bytes of parameters, moments, masks and activations: the largest resident set that the training will have, estimated. */
export function estimateMemory(shape: TrainingShape, microBatch: number): number {
  return estimateWith(graphOf(shape), shape, microBatch);
}

/**
 * The micro-batch for a budget of `bytes`: as many sequences as fit, at most 8 or the batch. Throws `TRAINING_MEMORY` with the least
 * that would do when not even one fits.
 */
export function chooseMicroBatch(shape: TrainingShape, batchSize: number, bytes: number): number {
  const graph = graphOf(shape);
  for (let micro = Math.min(batchSize, BEST_MICRO_BATCH); micro >= 1; micro--)
    if (estimateWith(graph, shape, micro) <= bytes) return micro;
  const needed = estimateWith(graph, shape, 1);
  throw new ClinicalBertError(
    "TRAINING_MEMORY",
    `The budget is ${gigabytes(bytes)}; one sequence at a time needs about ${gigabytes(needed)}.`,
    { details: { budget: bytes, needed } },
  );
}

export function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(2)} GB`;
}

function graphOf({ config, maxLength, dropout }: TrainingShape): PretrainingGraph {
  return pretrainingGraph(config, { sequenceLength: maxLength, dropout: dropout > 0, gradients: true });
}

function estimateWith(
  { graph, dropoutPlaces }: PretrainingGraph,
  { config, maxLength, maxPredictions }: TrainingShape,
  microBatch: number,
): number {
  const lengths = new Array<number>(microBatch).fill(maxLength);
  const sizes = packingSymbols({ lengths, maxLength, block: rowBlock(maxLength) });
  sizes.set("M", microBatch * maxPredictions);
  const table = parameterTable(config, PRETRAINING_HEADS);
  const parameters = FLOAT_BYTES * table.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const embeddings = FLOAT_BYTES * config.vocabSize * config.hiddenSize;
  const masks = dropoutPlaces.reduce(
    (sum, { dims }) => sum + FLOAT_BYTES * sizeOf(dims.map((dim) => resolveDim(dim, sizes))),
    0,
  );
  const activations = peakGraphBytes(graph, sizes, (output) => output.startsWith("gradient/"));
  return (
    FITTED.process +
    (STATE_COPIES + FITTED.parameterCopies) * parameters +
    FITTED.embeddingCopies * embeddings +
    masks +
    FITTED.fragmentation * activations
  );
}
