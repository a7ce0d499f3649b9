/** @file One optimizer step of fine-tuning: its answers' weights, schedule and clip on a trained graph. */
import type { BertConfig } from "../../bert/config.js";
import type { Runtime } from "../../runtime/runtime.js";
import {
  type AdamW,
  clipScale,
  globalNorm,
  PUBLISHED_ADAM_W,
  withBiasCorrection,
} from "../../training/adam-w.js";
import { DropoutFeeds } from "../../training/dropout-places.js";
import type { ParameterVector } from "../../training/parameter-vector.js";
import { continuousRateAt, learningRateAt } from "../../training/schedule.js";
import { TrainedGraph, type TrainingState } from "../../training/trained-graph.js";
import type { PlannedBatch } from "./batch-plan.js";
import { PADDING_CLASS } from "./entity-features.js";
import { type Feature, IGNORED } from "./feature.js";
import { packFeatures } from "./feature-batch.js";
import { finetuningGraph } from "./finetuning-graph.js";
import { type FinetuneQuirks, type FinetuneRecipe, headsOf, quirksOf } from "./recipe.js";

/** Lengths of batches are rounded up to a multiple, so that few shapes occur. */
export const LENGTH_STEP = 8;

export interface FinetunerOptions {
  readonly config: BertConfig;
  readonly recipe: FinetuneRecipe;
  /** Updates of the whole run: the rate falls to 0 at the last. */
  readonly totalSteps: number;
  /** Weight of each class; all 1 when absent. */
  readonly classWeights?: readonly number[];
}

export interface UpdateResult {
  /** Mean over all answers of the batch, or their sum for the preset that sums. */
  readonly loss: number;
  readonly learningRate: number;
  /** Global norm of the gradients before clipping. */
  readonly gradientNorm: number;
  /** Tokens that went through the graph; padding did where it is trained on. */
  readonly tokens: number;
}

export class Finetuner {
  readonly state: TrainingState;
  readonly gradients: ParameterVector;
  readonly #options: FinetunerOptions;
  readonly #quirks: FinetuneQuirks;
  readonly #optimizer: AdamW;
  readonly #trained: TrainedGraph;

  private constructor(options: FinetunerOptions, trained: TrainedGraph) {
    this.#options = options;
    this.#quirks = quirksOf(options.recipe);
    this.#optimizer = optimizerOf(options.recipe);
    this.#trained = trained;
    this.state = trained.state;
    this.gradients = trained.gradients;
  }

  /** Compiles the graph; the caller disposes of the result. `state` is trained in place. */
  static async create(runtime: Runtime, options: FinetunerOptions, state: TrainingState): Promise<Finetuner> {
    const { recipe } = options;
    const { graph, dropoutPlaces } = finetuningGraph(options.config, headsOf(recipe.task), {
      dropout: recipe.dropout > 0,
      gradients: true,
    });
    const dropout = new DropoutFeeds(dropoutPlaces, recipe.dropout, recipe.seed);
    return new Finetuner(options, new TrainedGraph(await runtime.compile(graph), state, dropout));
  }

  /**
   * The update `step` (from 0) with `batch` of `features`. `stopped` is asked between micro-batches: when it says yes, the
   * weights stay as they were and the result is null. Throws `TRAINING_DIVERGED` when the loss or the norm is not finite.
   */
  async step(
    features: readonly Feature[],
    batch: PlannedBatch,
    step: number,
    stopped: () => boolean = () => false,
  ): Promise<UpdateResult | null> {
    const computed = await this.computeGradients(features, batch, step, stopped);
    if (computed === null) return null;
    const gradientNorm = this.#trained.requireFiniteNorm(computed.loss, step);
    const learningRate = this.#rateAt(step);
    const { clipNorm } = this.#optimizer;
    if (this.#quirks.clipsEachParameter) clipEach(this.gradients, clipNorm);
    const applied = this.#quirks.publishedOptimizer
      ? { optimizer: this.#optimizer, learningRate }
      : withBiasCorrection(this.#optimizer, learningRate, step + 1);
    this.#trained.update(
      applied.optimizer,
      applied.learningRate,
      this.#quirks.clipsEachParameter ? 1 : clipScale(gradientNorm, clipNorm),
    );
    return { ...computed, learningRate, gradientNorm };
  }

  /** The loss of `batch`, and its gradients in `this.gradients`; null when `stopped` said so in between. */
  async computeGradients(
    features: readonly Feature[],
    batch: PlannedBatch,
    step: number,
    stopped: () => boolean = () => false,
  ): Promise<{ loss: number; tokens: number } | null> {
    const { recipe, config } = this.#options;
    const rows = batch.rows.map((row) => features[row]!);
    const weights = this.#answerWeights(rows, batch);
    const length = this.#quirks.labelsEverything ? recipe.maxLength : paddedLength(rows, config.maxPositions);
    const atOnce = Math.max(1, Math.floor(recipe.tokensAtOnce / length));
    const layout = {
      length,
      headCount: config.headCount,
      paddingId: config.padTokenId,
      ofTokens: recipe.task === "ner",
      paddingClass: this.#quirks.labelsEverything ? PADDING_CLASS : null,
    };
    this.gradients.data.fill(0);
    let loss = 0;
    let tokens = 0;
    for (let first = 0; first < rows.length; first += atOnce) {
      if (stopped()) return null;
      const part = rows.slice(first, first + atOnce);
      const { feeds, shape } = packFeatures(part, layout, (row, label) => weights(first + row, label));
      const outputs = await this.#trained.run(feeds, shape, step, first);
      tokens += shape.lengths.reduce((sum, count) => sum + count, 0);
      loss += Number(outputs["loss"]!.data[0]);
    }
    return { loss, tokens };
  }

  async dispose(): Promise<void> {
    await this.#trained.dispose();
  }

  #rateAt(step: number): number {
    const { recipe, totalSteps } = this.#options;
    const schedule = { learningRate: recipe.learningRate, totalSteps };
    if (!this.#quirks.publishedOptimizer)
      return continuousRateAt(step, {
        ...schedule,
        warmupSteps: Math.round(recipe.warmupShare * totalSteps),
      });
    // run_ner.py rounds down, BertAdam compares shares of the whole.
    const warmupSteps = recipe.warmupShare * totalSteps;
    return learningRateAt(step, {
      ...schedule,
      warmupSteps: recipe.task === "ner" ? Math.floor(warmupSteps) : warmupSteps,
    });
  }

  /** Weight of the answer `label` of a row of the whole batch. */
  #answerWeights(rows: readonly Feature[], { groups }: PlannedBatch): (row: number, label: number) => number {
    if (this.#quirks.labelsEverything) return () => 1;
    const classWeight = this.#options.classWeights;
    const weightOf = (label: number): number =>
      label === IGNORED ? 0 : classWeight === undefined ? 1 : classWeight[label]!;
    const total = (part: readonly Feature[]): number =>
      part.reduce((sum, { labels }) => sum + labels.reduce((all, label) => all + weightOf(label), 0), 0);
    const scales: number[] = [];
    let start = 0;
    for (const size of groups ?? [rows.length]) {
      const sum = total(rows.slice(start, start + size));
      // A batch without any answer (only unseen labels) moves nothing.
      const scale = sum === 0 ? 0 : 1 / (sum * (groups?.length ?? 1));
      for (let row = 0; row < size; row++) scales.push(scale);
      start += size;
    }
    return (row, label) => scales[row]! * weightOf(label);
  }
}

/** Tokens of the longest row, rounded up, at most `limit`. */
export function paddedLength(features: readonly Feature[], limit: number): number {
  const longest = features.reduce((most, { ids }) => Math.max(most, ids.length), 1);
  return Math.min(limit, Math.ceil(longest / LENGTH_STEP) * LENGTH_STEP);
}

/** The published optimizer, or PyTorch's AdamW (whose ε is 1e-8) with the decay of the recipe. */
function optimizerOf(recipe: FinetuneRecipe): AdamW {
  const { weightDecay } = recipe;
  return quirksOf(recipe).publishedOptimizer
    ? { ...PUBLISHED_ADAM_W, weightDecay }
    : { ...PUBLISHED_ADAM_W, weightDecay, epsilon: 1e-8 };
}

/** PyTorch's `clip_grad_norm_` on one parameter at a time, as BertAdam of pytorch_pretrained_bert 0.4.0 calls it. */
function clipEach({ tensors }: ParameterVector, clipNorm: number): void {
  for (const { data } of tensors.values()) {
    const gradient = data as Float32Array;
    const scale = clipNorm / (globalNorm(gradient) + 1e-6);
    if (scale < 1) for (let i = 0; i < gradient.length; i++) gradient[i]! *= scale;
  }
}
