/** @file What a pretraining will cost on this machine: a few steps are measured, the rest is reckoned. Writes nothing. */
import { availableParallelism, loadavg, totalmem } from "node:os";
import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { PRETRAINING_HEADS, parameterTable } from "../bert/parameters.js";
import { sizeOf } from "../graph/tensor.js";
import type { PretrainingInstance } from "../instances/instance.js";
import { createOrtRuntime } from "../runtime/ort-node.js";
import { estimateMemory } from "../training/memory.js";
import { initializeParameters } from "../training/parameter-vector.js";
import { createTrainingState, Pretrainer } from "../training/pretrainer.js";
import type { PretrainRecipe } from "../training/recipe.js";
import { stepFlops } from "../training/step-flops.js";
import { createWords } from "../util/counter-random.js";

export interface DryRunOptions {
  readonly recipe: PretrainRecipe;
  readonly maxLength: number;
  readonly maxPredictions: number;
  /** The folder that the run would have. */
  readonly folder: string;
  /** Mean length of the instances, if there are any yet. */
  readonly meanLength: number | null;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, total: number) => void;
}

export interface DryRunReport {
  readonly parameters: number;
  readonly secondsPerStep: number;
  readonly sequencesPerSecond: number;
  readonly gigaflops: number;
  readonly totalSeconds: number;
  /** Largest resident set while it was measured, and what the shapes say. */
  readonly measuredBytes: number;
  readonly estimatedBytes: number;
  readonly machineBytes: number;
  /** The most that the run folder holds at once, without corpora and instances; and what the disk has left. */
  readonly diskBytes: number;
  readonly freeDiskBytes: number | null;
  /** What would make it shorter. */
  readonly advice: readonly string[];
}

/** Steps of one and of two micro-batches, after two that are not counted: the first ones are slow. */
const PLAN = [1, 1, 1, 2, 1, 2] as const;
const WARMUP = 2;
/** Bytes of a line of metrics and of its event. */
const LOG_BYTES = 600;
const DAY = 86_400;
/** Load a processor, before the measurement, from which others are in the way. */
const BUSY = 0.5;

/** Measures with random instances of the mean length, or of full length where there are none to tell it. Throws `ABORTED`'s reason when stopped. */
export async function dryRun(options: DryRunOptions): Promise<DryRunReport> {
  const { recipe, maxLength, maxPredictions } = options;
  const { config, dropout, batchSize, microBatch, steps } = recipe;
  const load = loadavg()[0]!;
  const secondsPerStep = await measureStep(options);
  const batch = randomInstances(batchSize, options);
  const table = parameterTable(config, PRETRAINING_HEADS);
  const parameters = table.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const flops = stepFlops(config, batch, maxLength);
  const weightBytes = 4 * parameters;
  // Checkpoints with both moments, one more while it is written; the best weights; two exported models.
  const diskBytes = (3 * (recipe.keepCheckpoints + 1) + 1 + 2) * weightBytes + LOG_BYTES * steps;
  return {
    parameters,
    secondsPerStep,
    sequencesPerSecond: batchSize / secondsPerStep,
    gigaflops: flops / secondsPerStep / 1e9,
    totalSeconds: steps * secondsPerStep,
    measuredBytes: process.resourceUsage().maxRSS * 1024,
    estimatedBytes: estimateMemory({ config, maxLength, maxPredictions, dropout }, microBatch),
    machineBytes: totalmem(),
    diskBytes,
    freeDiskBytes: await freeBytes(options.folder),
    advice: adviceFor(options, secondsPerStep, load),
  };
}

async function measureStep(options: DryRunOptions): Promise<number> {
  const { recipe, maxLength, maxPredictions, signal, onProgress } = options;
  const { config, dropout, seed, microBatch, batchSize, device, threads } = recipe;
  const state = createTrainingState(config);
  initializeParameters(state.weights, config.initializerRange, seed);
  const trainer = await Pretrainer.create(
    await createOrtRuntime({ device, threads }),
    {
      ...{ config, dropout, seed, microBatch },
      shape: { maxLength, maxPredictions },
      schedule: { learningRate: 1e-9, totalSteps: PLAN.length, warmupSteps: 1 },
    },
    state,
  );
  const times: Record<1 | 2, number[]> = { 1: [], 2: [] };
  try {
    for (const [step, count] of PLAN.entries()) {
      onProgress(step, PLAN.length);
      // The arithmetic blocks this thread: lets signals in.
      await new Promise((done) => setImmediate(done));
      signal.throwIfAborted();
      const batch = randomInstances(count * microBatch, options);
      const started = performance.now();
      await trainer.step(batch, step);
      if (step >= WARMUP) times[count].push((performance.now() - started) / 1000);
    }
  } finally {
    await trainer.dispose();
  }
  const [one, two] = [Math.min(...times[1]), Math.min(...times[2])];
  const perMicroBatch = Math.max(two - one, one / 2);
  return one + perMicroBatch * (batchSize / microBatch - 1);
}

function randomInstances(
  count: number,
  { recipe, maxLength, maxPredictions, meanLength }: DryRunOptions,
): PretrainingInstance[] {
  const length = Math.ceil(meanLength ?? maxLength);
  const predictions = Math.min(length, Math.ceil((maxPredictions * length) / maxLength));
  const word = createWords(0, 1, [0, 0, 0]);
  const ids = (size: number): Int32Array =>
    Int32Array.from({ length: size }, () => word() % recipe.config.vocabSize);
  return Array.from({ length: count }, () => ({
    ids: ids(length),
    segmentIds: new Uint8Array(length).fill(1, length >> 1),
    maskedPositions: Int32Array.from({ length: predictions }, (_, index) => index),
    maskedIds: ids(predictions),
    isRandomNext: false,
  }));
}

function adviceFor({ recipe }: DryRunOptions, secondsPerStep: number, load: number): string[] {
  const { threads, steps, microBatch, batchSize, device } = recipe;
  const cores = availableParallelism();
  const week = Math.floor((7 * DAY) / secondsPerStep);
  return [
    ...(load > BUSY * cores
      ? [`A quiet machine: ${load.toFixed(1)} programs were running on ${cores} processors before this one.`]
      : []),
    ...(threads < cores
      ? [`--threads ${cores}: this machine has ${cores} processors, the run takes ${threads}.`]
      : []),
    ...(microBatch < Math.min(8, batchSize)
      ? [
          `More memory: with micro-batches of ${Math.min(8, batchSize)} instead of ${microBatch} fewer passes over the weights are made.`,
        ]
      : []),
    ...(steps > week ? [`Fewer steps: --steps ${week} take a week on this machine.`] : []),
    ...(device === "cpu"
      ? [
          "A GPU: --device cuda is wired, but no figure of this project was measured on one (docs/devices.md).",
        ]
      : []),
  ];
}

/** Of the disk that the folder is on, or will be. */
async function freeBytes(folder: string): Promise<number | null> {
  for (let path = folder; ; path = dirname(path)) {
    const found = await statfs(path).catch(() => null);
    if (found !== null) return found.bavail * found.bsize;
    if (dirname(path) === path) return null;
  }
}
