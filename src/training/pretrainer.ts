/** @file One optimizer step of pretraining: micro-batches, masks, clip, AdamW. Owns the compiled graph and the training state in memory. */
import type { BertConfig } from "../bert/config.js";
import { type BertHead, PRETRAINING_HEADS, parameterTable } from "../bert/parameters.js";
import { ClinicalBertError } from "../errors.js";
import { gradientName } from "../graph/differentiate.js";
import type { Tensor } from "../graph/tensor.js";
import type { PretrainingInstance } from "../instances/instance.js";
import type { Executable, Runtime } from "../runtime/runtime.js";
import { type AdamW, clipScale, globalNorm, PUBLISHED_ADAM_W, updateAdamW } from "./adam-w.js";
import { accumulatedName } from "./accumulated-gradients.js";
import { addResult, type BatchResult, emptyResult, resultOf } from "./batch-result.js";
import { DropoutFeeds, type DropoutPlace } from "./dropout-places.js";
import { createVector, decaySegments, type ParameterVector } from "./parameter-vector.js";
import { type BatchShape, batchScales, packBatch } from "./pretraining-batch.js";
import { pretrainingGraph } from "./pretraining-graph.js";
import { learningRateAt, type Schedule } from "./schedule.js";

export interface PretrainerOptions {
  readonly config: BertConfig;
  readonly shape: Omit<BatchShape, "vocabSize">;
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

/** Weights and moments: with the step, everything that the next step depends on. */
export interface TrainingState {
  readonly weights: ParameterVector;
  readonly firstMoments: ParameterVector;
  readonly secondMoments: ParameterVector;
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
  readonly #executable: Executable;
  readonly #parameterFeeds: Readonly<Record<string, Tensor>>;
  readonly #gradientOutputs: Readonly<Record<string, Tensor>>;
  readonly #dropout: DropoutFeeds;

  private constructor(
    options: PretrainerOptions,
    state: TrainingState,
    executable: Executable,
    places: readonly DropoutPlace[],
  ) {
    this.#options = options;
    this.#executable = executable;
    this.#dropout = new DropoutFeeds(places, options.dropout, options.seed);
    this.state = state;
    this.gradients = createVector(state.weights.table);
    const entries = [...this.gradients.tensors];
    this.#gradientOutputs = Object.fromEntries(entries.map(([name, tensor]) => [gradientName(name), tensor]));
    this.#parameterFeeds = {
      ...Object.fromEntries(state.weights.tensors),
      ...Object.fromEntries(entries.map(([name, tensor]) => [accumulatedName(name), tensor])),
    };
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
    return new Pretrainer(options, state, await runtime.compile(graph), dropoutPlaces);
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
    const gradientNorm = globalNorm(this.gradients.data);
    if (!Number.isFinite(result.loss) || !Number.isFinite(gradientNorm)) {
      const message = `The loss is ${result.loss} and the gradient norm ${gradientNorm} at step ${step}.`;
      throw new ClinicalBertError("TRAINING_DIVERGED", message, { details: { step } });
    }
    const learningRate = learningRateAt(step, schedule);
    const { weights, firstMoments, secondMoments } = this.state;
    updateAdamW(
      {
        weights: weights.data,
        gradients: this.gradients.data,
        firstMoments: firstMoments.data,
        secondMoments: secondMoments.data,
      },
      decaySegments(weights.table),
      optimizer,
      learningRate,
      clipScale(gradientNorm, optimizer.clipNorm),
    );
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
      const feeds = packBatch(part, { ...shape, vocabSize: config.vocabSize }, scales);
      const masks = this.#dropout.draw(new Map([["B", part.length]]), step, first);
      const outputs = await this.#executable.run(
        { ...feeds, ...this.#parameterFeeds, ...masks },
        this.#gradientOutputs,
      );
      addResult(total, resultOf(part, outputs, shape.maxPredictions));
    }
    return total;
  }

  async dispose(): Promise<void> {
    await this.#executable.dispose();
  }
}
