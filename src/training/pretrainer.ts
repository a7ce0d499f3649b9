/** @file One optimizer step of pretraining: its losses, schedule and clip on a trained graph. */
import type { BertConfig } from "../bert/config.js";
import { type BertHead, PRETRAINING_HEADS, parameterTable } from "../bert/parameters.js";
import type { PretrainingInstance } from "../instances/instance.js";
import type { Runtime } from "../runtime/runtime.js";
import { type AdamW, clipScale, PUBLISHED_ADAM_W } from "./adam-w.js";
import { addResult, type BatchResult, emptyResult, resultOf } from "./batch-result.js";
import { DropoutFeeds } from "./dropout-places.js";
import { createVector, type ParameterVector } from "./parameter-vector.js";
import { batchScales, packBatch, packedShape, type SequenceShape } from "./pretraining-batch.js";
import { pretrainingGraph } from "./pretraining-graph.js";
import { learningRateAt, type Schedule } from "./schedule.js";
import { TrainedGraph, type TrainingState } from "./trained-graph.js";

export interface PretrainerOptions {
  readonly config: BertConfig;
  readonly shape: SequenceShape;
  readonly schedule: Schedule;
  /** Probability at every place, hidden and attention. */
  readonly dropout: number;
  readonly seed: number;
  /** Sequences that go through the graph at once; the result does not depend on it beyond rounding. */
  readonly microBatch: number;
  readonly optimizer?: AdamW;
}

export interface StepResult extends BatchResult {
  readonly learningRate: number;
  /** Global norm of the gradients before clipping. */
  readonly gradientNorm: number;
}

/** Zeros in the layout of a model with `heads`. */
export function createTrainingState(
  config: BertConfig,
  heads: readonly BertHead[] = PRETRAINING_HEADS,
): TrainingState {
  const table = parameterTable(config, heads);
  return {
    weights: createVector(table),
    firstMoments: createVector(table),
    secondMoments: createVector(table),
  };
}

export class Pretrainer {
  readonly state: TrainingState;
  readonly gradients: ParameterVector;
  readonly #options: PretrainerOptions;
  readonly #trained: TrainedGraph;

  private constructor(options: PretrainerOptions, trained: TrainedGraph) {
    this.#options = options;
    this.#trained = trained;
    this.state = trained.state;
    this.gradients = trained.gradients;
  }

  /** Compiles the graph; the caller disposes of the result. `state` is trained in place. */
  static async create(
    runtime: Runtime,
    options: PretrainerOptions,
    state: TrainingState,
  ): Promise<Pretrainer> {
    const { graph, dropoutPlaces } = pretrainingGraph(options.config, {
      sequenceLength: options.shape.maxLength,
      dropout: options.dropout > 0,
      gradients: true,
    });
    const dropout = new DropoutFeeds(dropoutPlaces, options.dropout, options.seed);
    return new Pretrainer(options, new TrainedGraph(await runtime.compile(graph), state, dropout));
  }

  /**
   * One update with `batch` at `step` (0-based). `stopped` is asked between micro-batches: when it says yes, the weights
   * stay as they were and the result is null. Throws `TRAINING_DIVERGED` when the loss or the norm is not finite; the
   * weights are then those before the step.
   */
  async step(
    batch: readonly PretrainingInstance[],
    step: number,
    stopped: () => boolean = () => false,
  ): Promise<StepResult | null> {
    const result = await this.computeGradients(batch, step, stopped);
    if (result === null) return null;
    const { schedule, optimizer = PUBLISHED_ADAM_W } = this.#options;
    const gradientNorm = this.#trained.requireFiniteNorm(result.loss, step);
    const learningRate = learningRateAt(step, schedule);
    this.#trained.update(optimizer, learningRate, clipScale(gradientNorm, optimizer.clipNorm));
    return { ...result, learningRate, gradientNorm };
  }

  /** Losses of `batch`, and its gradients in `this.gradients`; null when `stopped` said so in between. */
  async computeGradients(
    batch: readonly PretrainingInstance[],
    step: number,
    stopped: () => boolean = () => false,
  ): Promise<BatchResult | null> {
    const { microBatch, shape, config } = this.#options;
    const scales = batchScales(batch);
    const total = emptyResult();
    this.gradients.data.fill(0);
    for (let first = 0; first < batch.length; first += microBatch) {
      if (stopped()) return null;
      const part = batch.slice(first, first + microBatch);
      const feeds = packBatch(part, { ...shape, ...config }, scales);
      const outputs = await this.#trained.run(feeds, packedShape(part, shape.maxLength), step, first);
      addResult(total, resultOf(part, outputs));
    }
    return total;
  }

  async dispose(): Promise<void> {
    await this.#trained.dispose();
  }
}
