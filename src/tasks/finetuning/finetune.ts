/** @file A fine-tuning run from its data to its model: opens or continues the folder, trains, finishes. */
import { join } from "node:path";
import { ClinicalBertError } from "../../errors.js";
import { createOrtRuntime, ortVersion } from "../../runtime/ort-node.js";
import { loadParameters } from "../../training/load-parameters.js";
import { initializeParameters } from "../../training/parameter-vector.js";
import { createTrainingState } from "../../training/pretrainer.js";
import { openStepLog } from "../../training/step-log.js";
import { restoreCheckpoint, resumeNotices } from "../../training/training-checkpoint.js";
import { describeEnvironment } from "../../training/training-environment.js";
import type { StoppableHooks } from "../../util/stoppable-worker.js";
import { createAnswerer } from "./answer-features.js";
import { planUpdates } from "./batch-plan.js";
import { finishRun } from "./finish-run.js";
import type { FinetuneData } from "./finetune-data.js";
import type { FinetuneEvent, FinetuneOutcome, FinetuneResult, Run } from "./finetune-run.js";
import { type FinetuneEpoch, type FinetuneStep, openHistory } from "./history.js";
import { hashStart } from "./hash-start.js";
import { openStart } from "./open-start.js";
import { createParts, type TaskPart, type TaskParts } from "./parts.js";
import { checkFinetuneRecipe, type FinetuneRecipe, headsOf } from "./recipe.js";
import {
  finetunePaths,
  fixBatches,
  fixInitial,
  openFinetuneRun,
  readResult,
  writeJsonLines,
} from "./run-files.js";
import { saveRun, trainEpochs } from "./train-epochs.js";

export interface FinetuneJob {
  readonly recipe: FinetuneRecipe;
  readonly data: FinetuneData;
  /** The run folder; an existing run of the same recipe and data is continued, a finished one is returned. */
  readonly folder: string;
  /** Also writes `features-….jsonl` (token ids, classes), so that another program can train on the same. */
  readonly exportFeatures?: boolean;
}

/** A stopped run saves what it has when the disk is likely to take it within five seconds. */
const SAVE_ON_STOP_BYTES = 1e9;

/**
 * Runs or continues a job in this thread, which it blocks for the length of a micro-batch at a time.
 * Throws `TRAINING_RECIPE`, `TRAINING_RESUME`, `TRAINING_DIVERGED`, `FINETUNE_DATA`, `FINETUNE_MODEL` and what loading throws.
 */
export async function finetune(
  { recipe, data, folder, exportFeatures = false }: FinetuneJob,
  hooks: StoppableHooks<FinetuneEvent>,
): Promise<FinetuneOutcome> {
  const start = await openStart(recipe.model);
  checkFinetuneRecipe(recipe, start.maxLength);
  if (recipe.select === "dev" && data.dev === null)
    throw new ClinicalBertError("FINETUNE_DATA", "There is no development set to choose the best epoch by.", {
      remedy: "Give one with --dev, let --split cut one off, or keep the last epoch with --select last.",
    });
  const config = { ...start.config, labels: recipe.labels };
  const parts = createParts(recipe, start.tokenizer, data);
  const paths = finetunePaths(folder);
  const versions = { onnxruntime: await ortVersion(), node: process.versions.node };
  const weights = recipe.fromScratch ? null : await hashStart(recipe.model);
  await openFinetuneRun(paths, recipe, weights, featuresOf(parts), versions);
  const known = await readResult<FinetuneResult>(paths.result);
  if (known !== null) return { finished: true, step: known.steps, model: paths.model, result: known };
  if (exportFeatures) await writeFeatures(folder, parts);
  const lengths = parts.train.features.map(({ ids }) => ids.length);
  const batches = await fixBatches(paths.batches, () => planUpdates(lengths, recipe));
  if (batches.length === 0)
    throw new ClinicalBertError(
      "FINETUNE_DATA",
      `The ${lengths.length} sequences of the train data do not fill one batch of ${recipe.batchSize}.`,
    );
  const runtime = await createOrtRuntime({ device: recipe.device, threads: recipe.threads });
  const environment = await describeEnvironment(runtime, recipe.threads, `${recipe.tokensAtOnce} tokens`);
  const state = createTrainingState(config, headsOf(recipe.task));
  const { tokenizer } = start;
  const run = { recipe, config, tokenizer, paths, parts, batches, runtime, state, environment, hooks };
  return continueRun(run, start.notices);
}

function featuresOf({ train, dev, test }: TaskParts) {
  return { train: train.features, dev: dev?.features ?? null, test: test?.features ?? null };
}

async function continueRun(run: Run, notices: readonly string[]): Promise<FinetuneOutcome> {
  const { recipe, paths, state, batches, hooks, runtime, config } = run;
  const first = await startState(run);
  const metrics = await openStepLog<FinetuneStep | FinetuneEpoch>(paths.metrics, first.step);
  const history = openHistory(paths.metrics);
  hooks.onEvent({
    kind: "started",
    step: first.step,
    steps: batches.length,
    parameters: state.weights.data.length,
    notices: [...notices, ...run.parts.notices, ...first.notices],
  });
  const answerer = await createAnswerer(runtime, state.weights.tensors, {
    config,
    task: recipe.task,
    stopped: hooks.stopped,
  });
  try {
    const trained = await trainEpochs(run, answerer, metrics, history);
    const outcome = trained ? await finishRun(run, answerer, history) : null;
    if (outcome !== null) return outcome;
    if (history.step > first.step && 3 * state.weights.data.byteLength <= SAVE_ON_STOP_BYTES)
      await saveRun(run, metrics, history);
    return { finished: false, step: history.step, model: null, result: null };
  } finally {
    metrics.close();
    await answerer.dispose();
  }
}

async function startState(run: Run): Promise<{ step: number; notices: readonly string[] }> {
  const { recipe, config, paths, state, environment } = run;
  const restored = await restoreCheckpoint(paths.checkpoints, state, environment);
  if (restored !== null) return { step: restored.step, notices: resumeNotices(restored) };
  const head = state.weights.table.map(({ name }) => name).filter((name) => name.startsWith("classifier."));
  if (recipe.fromScratch) {
    initializeParameters(state.weights, config.initializerRange, recipe.seed);
    await fixInitial(paths.initial, state.weights, head);
    return { step: 0, notices: [] };
  }
  const heads = headsOf(recipe.task).filter((each) => each === "pooler");
  const { initialized } = await loadParameters(state.weights, recipe.model, config, recipe.seed, heads);
  await fixInitial(paths.initial, state.weights, initialized);
  return { step: 0, notices: [] };
}

async function writeFeatures(folder: string, parts: TaskParts): Promise<void> {
  for (const name of ["train", "dev", "test"] as const) {
    const part: TaskPart | null = parts[name];
    if (part === null) continue;
    const lines = part.features.map(({ example, ids, typeIds, labels, words }) => ({
      example,
      ids: [...ids],
      type_ids: [...typeIds],
      labels: [...labels],
      words: words === null ? null : [...words],
    }));
    await writeJsonLines(join(folder, `features-${name}.jsonl`), lines);
  }
}
