/** @file The pretraining loop: reads instances in order, steps, writes metrics and checkpoints, goes on exactly where it was. */
import { ClinicalBertError } from "../errors.js";
import { type InstanceReader, readInstances } from "../instances/instance-sink.js";
import { openInstances } from "../instances/open-instances.js";
import { createOrtRuntime, ortVersion } from "../runtime/ort-node.js";
import type { Runtime } from "../runtime/runtime.js";
import type { StoppableHooks } from "../util/stoppable-worker.js";
import { type Evaluation, evaluatePretraining } from "./evaluate.js";
import { createInstanceOrder } from "./instance-order.js";
import { type LoadReport, loadParameters } from "./load-parameters.js";
import { initializeParameters } from "./parameter-vector.js";
import { createTrainingState, Pretrainer, type StepResult, type TrainingState } from "./pretrainer.js";
import { checkRecipe, type PretrainRecipe } from "./recipe.js";
import {
  type MetricsLog,
  openMetrics,
  openRun,
  type RunPaths,
  runPaths,
  type StepMetrics,
} from "./run-directory.js";
import { saveModel } from "./save-model.js";
import { restoreCheckpoint, saveCheckpoint } from "./training-checkpoint.js";
import { describeEnvironment, type TrainingEnvironment } from "./training-environment.js";

export interface PretrainJob {
  readonly recipe: PretrainRecipe;
  /** The run folder; an existing one of the same recipe is continued. */
  readonly folder: string;
}

/** What a run tells while it works; plain data, so that it can cross threads. Never text of a note. */
export type PretrainEvent =
  | {
      readonly kind: "started";
      readonly step: number;
      readonly steps: number;
      readonly parameters: number;
      readonly notices: readonly string[];
    }
  | { readonly kind: "step"; readonly metrics: StepMetrics }
  | { readonly kind: "checkpoint"; readonly step: number }
  | { readonly kind: "evaluating"; readonly sequences: number };

/** `stopped` is asked between micro-batches. */
export type PretrainHooks = StoppableHooks<PretrainEvent>;

export interface PretrainOutcome {
  /** False when it was stopped; the same job continues it. */
  readonly finished: boolean;
  readonly step: number;
  /** Hugging Face folder of the trained model; null until finished. */
  readonly model: string | null;
  readonly evaluation: Evaluation | null;
}

/** A stopped run saves what it has when the disk is likely to take it within five seconds. */
const SAVE_ON_STOP_BYTES = 1e9;

/** What every part of one run needs. */
interface Run {
  readonly recipe: PretrainRecipe;
  readonly paths: RunPaths;
  readonly instances: InstanceReader;
  readonly runtime: Runtime;
  readonly state: TrainingState;
  readonly environment: TrainingEnvironment;
  readonly hooks: PretrainHooks;
}

/**
 * Runs or continues a job in this thread, which it blocks for the length of a micro-batch at a time.
 * Throws `TRAINING_RECIPE`, `TRAINING_RESUME`, `TRAINING_DIVERGED` and what the readers throw.
 */
export async function pretrain(
  { recipe, folder }: PretrainJob,
  hooks: PretrainHooks,
): Promise<PretrainOutcome> {
  checkRecipe(recipe);
  const paths = runPaths(folder);
  const instances = await openInstances(recipe.instances);
  try {
    checkInstances(instances, recipe);
    await openRun(paths, recipe, { onnxruntime: await ortVersion(), node: process.versions.node });
    const runtime = await createOrtRuntime({ device: recipe.device, threads: recipe.threads });
    const environment = await describeEnvironment(runtime, recipe.threads, String(recipe.microBatch));
    const state = createTrainingState(recipe.config);
    return await continueRun({ recipe, paths, instances, runtime, state, environment, hooks });
  } finally {
    instances.close();
  }
}

async function continueRun(run: Run): Promise<PretrainOutcome> {
  const { recipe, paths, state, hooks } = run;
  const { step: first, notices } = await startState(run);
  hooks.onEvent({
    kind: "started",
    step: first,
    steps: recipe.steps,
    parameters: state.weights.data.length,
    notices,
  });
  const metrics = await openMetrics(paths.metrics, first);
  let done: number;
  try {
    done = first < recipe.steps ? await trainSteps(run, metrics, first) : first;
  } finally {
    metrics.close();
  }
  if (done < recipe.steps) return { finished: false, step: done, model: null, evaluation: null };
  await saveModel(paths.model, recipe, state.weights);
  return { finished: true, step: done, model: paths.model, evaluation: await evaluateHeldOut(run) };
}

async function startState({
  recipe,
  paths,
  state,
  environment,
}: Run): Promise<{ step: number; notices: string[] }> {
  const restored = await restoreCheckpoint(paths.checkpoints, state, environment);
  if (restored !== null) {
    const notices = restored.unreadable.map((path) => `skipped the unreadable checkpoint ${path}`);
    if (restored.differences.length > 0)
      notices.push(`not bit-identical to an uninterrupted run, because ${restored.differences.join("; ")}`);
    return { step: restored.step, notices };
  }
  if (recipe.init === null) {
    initializeParameters(state.weights, recipe.config.initializerRange, recipe.seed);
    return { step: 0, notices: [] };
  }
  const report = await loadParameters(state.weights, recipe.init, recipe.config, recipe.seed);
  return { step: 0, notices: describeLoad(report) };
}

function describeLoad({ initialized, notices }: LoadReport): string[] {
  if (initialized.length === 0) return [...notices];
  return [...notices, `not in the given weights, started fresh: ${initialized.join(", ")}`];
}

/** Returns the number of updates done: all of them, or fewer when stopped. */
async function trainSteps(run: Run, metrics: MetricsLog, first: number): Promise<number> {
  const { recipe, paths, instances, state, hooks } = run;
  const { steps, batchSize } = recipe;
  const order = instanceOrder(recipe, instances.count);
  const trainer = await createTrainer(run);
  const save = async (step: number): Promise<void> => {
    metrics.sync();
    await saveCheckpoint(paths.checkpoints, state, step, run.environment, recipe.keepCheckpoints);
    hooks.onEvent({ kind: "checkpoint", step });
  };
  try {
    for (let step = first; step < steps; step++) {
      const started = performance.now();
      const batch = Array.from({ length: batchSize }, (_, row) =>
        instances.read(order(step * batchSize + row)),
      );
      const result = await trainer.step(batch, step, hooks.stopped);
      if (result === null) {
        if (step > first && 3 * state.weights.data.byteLength <= SAVE_ON_STOP_BYTES) await save(step);
        return step;
      }
      const line = metricsOf(result, step + 1, (performance.now() - started) / 1000);
      metrics.write(line);
      hooks.onEvent({ kind: "step", metrics: line });
      if ((step + 1) % recipe.checkpointEvery === 0 || step + 1 === steps) await save(step + 1);
    }
    return steps;
  } finally {
    await trainer.dispose();
  }
}

/** Index of the instance at a position of the run: the position is the whole data cursor. */
function instanceOrder({ order, seed }: PretrainRecipe, count: number): (position: number) => number {
  return order === "file" ? (position) => position % count : createInstanceOrder(count, seed);
}

function createTrainer({ recipe, instances, runtime, state }: Run): Promise<Pretrainer> {
  const { config, dropout, seed, microBatch, learningRate, steps: totalSteps, warmupSteps } = recipe;
  const shape = { maxLength: instances.maxLength, maxPredictions: instances.maxPredictions };
  const schedule = { learningRate, totalSteps, warmupSteps };
  return Pretrainer.create(runtime, { config, shape, schedule, dropout, seed, microBatch }, state);
}

function metricsOf(result: StepResult, step: number, seconds: number): StepMetrics {
  return {
    step,
    loss: result.loss,
    masked_lm_loss: result.maskedLmLoss,
    next_sentence_loss: result.nextSentenceLoss,
    masked_lm_accuracy: result.maskedLmCorrect / Math.max(1, result.maskedLmCount),
    next_sentence_accuracy: result.nextSentenceCorrect / result.sequences,
    learning_rate: result.learningRate,
    sequences_per_second: result.sequences / seconds,
  };
}

async function evaluateHeldOut({ recipe, runtime, state, hooks }: Run): Promise<Evaluation | null> {
  if (recipe.heldOut.length === 0) return null;
  const reader = await openInstances(recipe.heldOut);
  try {
    hooks.onEvent({ kind: "evaluating", sequences: reader.count });
    return await evaluatePretraining(runtime, state.weights.tensors, readInstances(reader), {
      config: recipe.config,
      shape: { maxLength: reader.maxLength, maxPredictions: reader.maxPredictions },
      batchSize: recipe.microBatch,
      stopped: hooks.stopped,
    });
  } finally {
    reader.close();
  }
}

function checkInstances({ count, maxLength }: InstanceReader, { config }: PretrainRecipe): void {
  const refuse = (message: string, remedy: string): ClinicalBertError =>
    new ClinicalBertError("TRAINING_INSTANCE", message, { remedy });
  if (count === 0) throw refuse("The files of instances are empty.", "Make instances from a larger corpus.");
  if (maxLength > config.maxPositions)
    throw refuse(
      `The instances have ${maxLength} tokens, the model has ${config.maxPositions} positions.`,
      `Make instances with --max-length ${config.maxPositions}.`,
    );
}
