/** @file The steps of a run: instances in order, updates, metrics, checkpoints, evaluations; each file written so that a kill loses nothing. */
import { ClinicalBertError } from "../errors.js";
import type { OpenInstances } from "../instances/open-instances.js";
import type { Runtime } from "../runtime/runtime.js";
import type { StoppableHooks } from "../util/stoppable-worker.js";
import { type EventFile, openEventFile } from "./event-file.js";
import { type HeldOut, type HeldOutLine, openHeldOut } from "./held-out.js";
import { createInstanceOrder } from "./instance-order.js";
import { createInterleavedOrder } from "./interleaved-order.js";
import { Pretrainer, type StepResult } from "./pretrainer.js";
import type { TrainingState } from "./trained-graph.js";
import type { PretrainRecipe } from "./recipe.js";
import type { RunPaths } from "./run-directory.js";
import { stepFlops } from "./step-flops.js";
import { openStepLog, type StepLog } from "./step-log.js";
import { saveCheckpoint } from "./training-checkpoint.js";
import type { TrainingEnvironment } from "./training-environment.js";

/** One line of `metrics.jsonl`; names as in the contract of `pretrain`. */
export interface StepMetrics {
  /** Updates done, from 1. */
  readonly step: number;
  readonly loss: number;
  readonly masked_lm_loss: number;
  readonly next_sentence_loss: number;
  readonly masked_lm_accuracy: number;
  readonly next_sentence_accuracy: number;
  /** Rate of this update. */
  readonly learning_rate: number;
  readonly sequences_per_second: number;
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
  /** `flops`: floating-point operations of the update, by `stepFlops`. */
  | { readonly kind: "step"; readonly metrics: StepMetrics; readonly flops: number }
  | { readonly kind: "checkpoint"; readonly step: number }
  | { readonly kind: "evaluating"; readonly sequences: number }
  | { readonly kind: "evaluated"; readonly line: HeldOutLine };

/** `stopped` is asked between micro-batches. */
export type PretrainHooks = StoppableHooks<PretrainEvent>;

/** What every part of one run needs. */
export interface Run {
  readonly recipe: PretrainRecipe;
  readonly paths: RunPaths;
  readonly instances: OpenInstances;
  readonly runtime: Runtime;
  readonly state: TrainingState;
  readonly environment: TrainingEnvironment;
  readonly hooks: PretrainHooks;
}

export interface LoopOutcome {
  /** Updates done: all of them, or fewer when stopped. */
  readonly step: number;
  /** False when the run was stopped, also in its last evaluation. */
  readonly finished: boolean;
  readonly last: HeldOutLine | null;
  readonly best: HeldOutLine | null;
}

/** A stopped run saves what it has when the disk is likely to take it within five seconds. */
const SAVE_ON_STOP_BYTES = 1e9;

/** The files that grow with the steps. */
interface Logs {
  readonly metrics: StepLog<StepMetrics>;
  readonly events: EventFile;
  readonly heldOut: HeldOut;
}

/** Makes the updates from `first` on. Throws `TRAINING_DIVERGED` naming the batch. */
export async function runSteps(run: Run, first: number): Promise<LoopOutcome> {
  const { recipe, paths, runtime, state, hooks } = run;
  const metrics = await openStepLog<StepMetrics>(paths.metrics, first);
  const events = await openEventFile(paths.tensorboard, first);
  const heldOut = await openHeldOut(
    {
      ...{ recipe, paths, runtime, weights: state.weights, stopped: hooks.stopped },
      onStart: (sequences) => hooks.onEvent({ kind: "evaluating", sequences }),
    },
    first,
  );
  try {
    const outcome = await trainSteps(run, { metrics, events, heldOut }, first);
    return { ...outcome, last: heldOut.last(), best: heldOut.best() };
  } finally {
    metrics.close();
    events.close();
    heldOut.close();
  }
}

async function trainSteps(
  run: Run,
  { metrics, events, heldOut }: Logs,
  first: number,
): Promise<Pick<LoopOutcome, "step" | "finished">> {
  const { recipe, paths, instances, state, hooks } = run;
  const { steps, batchSize } = recipe;
  const save = async (step: number): Promise<void> => {
    metrics.sync();
    events.sync();
    await saveCheckpoint(paths.checkpoints, state, step, run.environment, recipe.keepCheckpoints);
    hooks.onEvent({ kind: "checkpoint", step });
  };
  /** False when stopped on the way. */
  const evaluateIfDue = async (step: number): Promise<boolean> => {
    const known = heldOut.at(step);
    if (known === null && !heldOut.isDue(step)) return true;
    const line = known ?? (await heldOut.evaluate(step));
    if (line === null) return false;
    events.write(step, tagged("held_out", line));
    if (known === null) hooks.onEvent({ kind: "evaluated", line });
    return true;
  };
  if (!(await evaluateIfDue(first))) return { step: first, finished: false };
  if (first === steps) return { step: steps, finished: true };
  const order = instanceOrder(recipe, instances);
  const trainer = await createTrainer(run);
  try {
    for (let step = first; step < steps; step++) {
      const started = performance.now();
      const rows = Array.from({ length: batchSize }, (_, row) => order(step * batchSize + row));
      const batch = rows.map((row) => instances.read(row));
      const result = await trainer
        .step(batch, step, hooks.stopped)
        .catch((error) => Promise.reject(namingBatch(error, rows, run)));
      if (result === null) {
        if (step > first && 3 * state.weights.data.byteLength <= SAVE_ON_STOP_BYTES) await save(step);
        return { step, finished: false };
      }
      const done = step + 1;
      const line = metricsOf(result, done, (performance.now() - started) / 1000);
      metrics.write(line);
      events.write(done, tagged("train", line));
      hooks.onEvent({
        ...{ kind: "step", metrics: line },
        flops: stepFlops(recipe.config, batch, instances.maxLength),
      });
      if (done % recipe.checkpointEvery === 0 || done === steps) await save(done);
      if (!(await evaluateIfDue(done))) {
        if (done % recipe.checkpointEvery !== 0 && 3 * state.weights.data.byteLength <= SAVE_ON_STOP_BYTES)
          await save(done);
        return { step: done, finished: false };
      }
    }
    return { step: steps, finished: true };
  } finally {
    await trainer.dispose();
  }
}

/** Index of the instance at a position of the run: the position is the whole data cursor. */
function instanceOrder(
  { order, seed }: PretrainRecipe,
  { count, fileCounts }: OpenInstances,
): (position: number) => number {
  if (order === "file") return (position) => position % count;
  return order === "shuffled" ? createInstanceOrder(count, seed) : createInterleavedOrder(fileCounts, seed);
}

function createTrainer({ recipe, instances, runtime, state }: Run): Promise<Pretrainer> {
  const { config, dropout, seed, microBatch, learningRate, steps: totalSteps, warmupSteps } = recipe;
  const shape = { maxLength: instances.maxLength, maxPredictions: instances.maxPredictions };
  const schedule = { learningRate, totalSteps, warmupSteps };
  return Pretrainer.create(runtime, { config, shape, schedule, dropout, seed, microBatch }, state);
}

/** Says which instances a batch that diverged, or that does not fit the model, was made of. */
function namingBatch(error: unknown, rows: readonly number[], { recipe, instances }: Run): unknown {
  if (!(error instanceof ClinicalBertError)) return error;
  if (error.code !== "TRAINING_DIVERGED" && error.code !== "TRAINING_INSTANCE") return error;
  const places = rows.map((row) => {
    let [file, record] = [0, row];
    while (record >= instances.fileCounts[file]!) record -= instances.fileCounts[file++]!;
    return `${recipe.instances[file]}:${record}`;
  });
  const message = `${error.message.slice(0, -error.remedy.length).trimEnd()} The batch is ${summarize(places)}.`;
  return new ClinicalBertError(error.code, message, {
    details: { ...error.details, instances: places },
    remedy: error.remedy,
    cause: error,
  });
}

function summarize(places: readonly string[]): string {
  const shown = places.slice(0, 4).join(", ");
  return places.length > 4
    ? `${shown} and ${places.length - 4} more (FILE:RECORD)`
    : `${shown} (FILE:RECORD)`;
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

/** The numbers of a line under the tags of TensorBoard: `train/loss`, `held_out/masked_lm_loss`. */
function tagged(group: string, { step, ...scalars }: StepMetrics | HeldOutLine): Record<string, number> {
  return Object.fromEntries(
    Object.entries(scalars as Record<string, number>).map(([name, value]) => [`${group}/${name}`, value]),
  );
}
