/** @file The fine-tuning loop: features, updates, a look at the development set every epoch, the best weights, a model folder. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { BertConfig } from "../../bert/config.js";
import { exportModelFolder } from "../../checkpoint/folder/export-folder.js";
import { ClinicalBertError } from "../../errors.js";
import { createOrtRuntime, ortVersion } from "../../runtime/ort-node.js";
import type { Runtime } from "../../runtime/runtime.js";
import type { WordPieceTokenizer } from "../../tokens/wordpiece-tokenizer.js";
import { loadParameters } from "../../training/load-parameters.js";
import { initializeParameters } from "../../training/parameter-vector.js";
import { createTrainingState } from "../../training/pretrainer.js";
import type { TrainingState } from "../../training/trained-graph.js";
import { openStepLog, readStepLog, type StepLog } from "../../training/step-log.js";
import { restoreCheckpoint, saveCheckpoint } from "../../training/training-checkpoint.js";
import { describeEnvironment, type TrainingEnvironment } from "../../training/training-environment.js";
import { writeAtomic } from "../../util/atomic-file.js";
import type { StoppableHooks } from "../../util/stoppable-worker.js";
import { type Answerer, createAnswerer } from "./answer-features.js";
import { type PlannedBatch, planUpdates } from "./batch-plan.js";
import { balancedClassWeights } from "./class-weights.js";
import type { FinetuneData } from "./finetune-data.js";
import { Finetuner } from "./finetuner.js";
import { openStart } from "./open-start.js";
import { createParts, type TaskPart, type TaskParts } from "./parts.js";
import { checkFinetuneRecipe, type FinetuneRecipe, headsOf } from "./recipe.js";
import {
  type FinetunePaths,
  finetunePaths,
  fixBatches,
  fixInitial,
  MODEL_SHAPE_FILE,
  openFinetuneRun,
  readResult,
  readWeights,
  removeUnfinished,
  saveBest,
} from "./run-files.js";
import type { Scores } from "./scores.js";

export interface FinetuneJob {
  readonly recipe: FinetuneRecipe;
  readonly data: FinetuneData;
  /** The run folder; an existing run of the same recipe and data is continued, a finished one is returned. */
  readonly folder: string;
  /** Also writes `features-….jsonl` (token ids, classes), so that another program can train on the same. */
  readonly exportFeatures?: boolean;
}

/** What a run tells while it works; plain data, so that it can cross threads. Never text of a note. */
export type FinetuneEvent =
  | {
      readonly kind: "started";
      readonly step: number;
      readonly steps: number;
      readonly parameters: number;
      readonly notices: readonly string[];
    }
  | { readonly kind: "step"; readonly metrics: FinetuneStep }
  | { readonly kind: "epoch"; readonly epoch: number; readonly metric: string; readonly score: number };

/** A line of `metrics.jsonl` after an update. */
export interface FinetuneStep {
  /** Updates done, from 1. */
  readonly step: number;
  readonly epoch: number;
  readonly loss: number;
  readonly learning_rate: number;
  readonly gradient_norm: number;
  readonly tokens_per_second: number;
  /** Processor time of the whole run so far. */
  readonly processor_seconds: number;
}

/** A line of `metrics.jsonl` after an epoch. */
export interface FinetuneEpoch {
  readonly step: number;
  readonly epoch: number;
  readonly dev_score: number | null;
  readonly processor_seconds: number;
}

type FinetuneLog = StepLog<FinetuneStep | FinetuneEpoch>;

export interface FinetuneResult {
  readonly metric: "f1" | "accuracy";
  readonly steps: number;
  /** Epoch whose weights were kept, from 1. */
  readonly epoch: number;
  readonly epochs: number;
  readonly dev: Scores | null;
  readonly test: Scores | null;
  readonly processorSeconds: number;
  /** Examples of each part, and features (windows) of the training part. */
  readonly counts: Readonly<Record<string, number>>;
}

export interface FinetuneOutcome {
  /** False when it was stopped; the same job continues it. */
  readonly finished: boolean;
  readonly step: number;
  /** Hugging Face folder of the trained model; null until finished. */
  readonly model: string | null;
  readonly result: FinetuneResult | null;
}

/** A stopped run saves what it has when the disk is likely to take it within five seconds. */
const SAVE_ON_STOP_BYTES = 1e9;

interface Run {
  readonly recipe: FinetuneRecipe;
  readonly config: BertConfig;
  readonly tokenizer: WordPieceTokenizer;
  readonly paths: FinetunePaths;
  readonly parts: TaskParts;
  readonly batches: readonly PlannedBatch[];
  readonly runtime: Runtime;
  readonly state: TrainingState;
  readonly environment: TrainingEnvironment;
  readonly hooks: StoppableHooks<FinetuneEvent>;
}

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
  await openFinetuneRun(paths, recipe, featuresOf(parts), versions);
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
  const history = openHistory(paths);
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
  if (restored !== null) {
    const notices = restored.unreadable.map((path) => `skipped the unreadable checkpoint ${path}`);
    if (restored.differences.length > 0)
      notices.push(`not bit-identical to an uninterrupted run, because ${restored.differences.join("; ")}`);
    return { step: restored.step, notices };
  }
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

/** What the run knows of its past; changes as it goes on. */
interface History {
  step: number;
  /** Epochs that are through, and the one with the best score on the development set. */
  epochs: number;
  best: { readonly epoch: number; readonly score: number } | null;
  processorSeconds: number;
}

function openHistory(paths: FinetunePaths): History {
  const history: History = { step: 0, epochs: 0, best: null, processorSeconds: 0 };
  for (const line of readStepLog<FinetuneStep | FinetuneEpoch>(paths.metrics)) {
    history.step = line.step;
    history.processorSeconds = line.processor_seconds;
    if ("dev_score" in line) noteEpoch(history, line.epoch, line.dev_score);
  }
  return history;
}

/** True when the epoch is the best so far. */
function noteEpoch(history: History, epoch: number, score: number | null): boolean {
  history.epochs = epoch;
  if (score === null || (history.best !== null && score <= history.best.score)) return false;
  history.best = { epoch, score };
  return true;
}

/** Trains to the end or until the patience is over; false when stopped. */
async function trainEpochs(
  run: Run,
  answerer: Answerer,
  metrics: FinetuneLog,
  history: History,
): Promise<boolean> {
  const { recipe, batches, parts, hooks } = run;
  if (!(await closeEpoch(run, answerer, metrics, history))) return false;
  if (isOver(run, history)) return true;
  const trainer = await createTrainer(run);
  const clock = startClock(history.processorSeconds);
  let saved = performance.now();
  try {
    while (!isOver(run, history)) {
      const started = performance.now();
      const { step } = history;
      const update = await trainer.step(parts.train.features, batches[step]!, step, hooks.stopped);
      if (update === null) return false;
      history.step = step + 1;
      history.processorSeconds = clock();
      const line: FinetuneStep = {
        step: step + 1,
        epoch: batches[step]!.epoch + 1,
        loss: update.loss,
        learning_rate: update.learningRate,
        gradient_norm: update.gradientNorm,
        tokens_per_second: (1000 * update.paddedTokens) / (performance.now() - started),
        processor_seconds: history.processorSeconds,
      };
      metrics.write(line);
      hooks.onEvent({ kind: "step", metrics: line });
      if (!(await closeEpoch(run, answerer, metrics, history))) return false;
      if (performance.now() - saved > 60_000 * recipe.checkpointMinutes) {
        await saveRun(run, metrics, history);
        saved = performance.now();
      }
    }
    return true;
  } finally {
    await trainer.dispose();
  }
}

function createTrainer({ recipe, config, batches, parts, runtime, state }: Run): Promise<Finetuner> {
  const classWeights = recipe.classWeights
    ? { classWeights: balancedClassWeights(parts.train.features, recipe.labels.length) }
    : {};
  return Finetuner.create(runtime, { config, recipe, totalSteps: batches.length, ...classWeights }, state);
}

async function saveRun(run: Run, metrics: FinetuneLog, { step }: History): Promise<void> {
  metrics.sync();
  await saveCheckpoint(run.paths.checkpoints, run.state, step, run.environment, 1);
}

/**
 * Where the update before was the last of its epoch: the score on the development set, and the weights kept when it is the best
 * so far. False when stopped meanwhile; the run then does it when it goes on.
 */
async function closeEpoch(
  { recipe, batches, parts, paths, state, hooks }: Run,
  answerer: Answerer,
  metrics: FinetuneLog,
  history: History,
): Promise<boolean> {
  const { step } = history;
  const epoch = (batches[step - 1]?.epoch ?? -1) + 1;
  if (epoch === 0 || batches[step]?.epoch === epoch - 1 || history.epochs === epoch) return true;
  const clock = startClock(history.processorSeconds);
  let score: number | null = null;
  if (parts.dev !== null) {
    const answers = await answerer.answer(parts.dev.features);
    if (answers === null) return false;
    const scores = parts.dev.score(answers, { samples: 0 });
    score = scores.score;
    hooks.onEvent({ kind: "epoch", epoch, metric: scores.metric, score });
  }
  const isBest = noteEpoch(history, epoch, score);
  if (isBest && recipe.select === "dev" && epoch < recipe.epochs) await saveBest(paths.best, state.weights);
  history.processorSeconds = clock();
  const line: FinetuneEpoch = { step, epoch, dev_score: score, processor_seconds: history.processorSeconds };
  metrics.write(line);
  return true;
}

function isOver(run: Run, history: History): boolean {
  return history.step >= run.batches.length || patienceIsOver(run.recipe, history);
}

function patienceIsOver({ select, patience }: FinetuneRecipe, { epochs, best }: History): boolean {
  return select === "dev" && best !== null && epochs - best.epoch >= patience;
}

/** Processor seconds of this process since now, after `before`. */
function startClock(before: number): () => number {
  const start = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(start);
    return before + (user + system) / 1e6;
  };
}

/** Chooses the weights, writes the model, its predictions and scores; null when stopped. */
async function finishRun(run: Run, answerer: Answerer, history: History): Promise<FinetuneOutcome | null> {
  const { recipe, paths, parts, state, batches } = run;
  const chosen = recipe.select === "dev" ? history.best!.epoch : history.epochs;
  if (chosen !== history.epochs) await readWeights(paths.best, state.weights);
  const clock = startClock(history.processorSeconds);
  const scores: Partial<Record<"dev" | "test", Scores>> = {};
  for (const name of ["dev", "test"] as const) {
    const part = parts[name];
    if (part === null) continue;
    const answers = await answerer.answer(part.features);
    if (answers === null) return null;
    scores[name] = part.score(answers, {});
    await writeLines(join(paths.folder, `predictions-${name}.jsonl`), part.predict(answers));
  }
  const result: FinetuneResult = {
    metric: recipe.task === "ner" ? "f1" : "accuracy",
    steps: history.step,
    epoch: chosen,
    epochs: history.epochs,
    dev: scores.dev ?? null,
    test: scores.test ?? null,
    processorSeconds: clock(),
    counts: countsOf(parts),
  };
  await exportRun(run, result, batches.length);
  await writeAtomic(paths.result, `${JSON.stringify(result)}\n`);
  await removeUnfinished(paths);
  return { finished: true, step: history.step, model: paths.model, result };
}

function countsOf(parts: TaskParts): Record<string, number> {
  const counts: Record<string, number> = { sequences: parts.train.features.length };
  for (const name of ["train", "dev", "test"] as const)
    if (parts[name] !== null) counts[name] = parts[name].examples;
  return counts;
}

async function exportRun(run: Run, result: FinetuneResult, steps: number): Promise<void> {
  const { recipe, config, tokenizer, paths, state } = run;
  await rm(join(paths.model, "config.json"), { force: true });
  await exportModelFolder(paths.model, {
    config,
    heads: headsOf(recipe.task),
    parameters: state.weights.tensors,
    tokenizer: { wordpiece: tokenizer, maxLength: config.maxPositions },
    card: {
      title: `A BERT fine-tuned for ${recipe.task}`,
      origin: recipe.fromScratch ? "random weights" : "pretrained weights",
      facts: [
        ["preset", recipe.preset],
        ["updates", `${result.steps} of ${steps}`],
        ["epoch kept", result.epoch],
        ["batch", recipe.batchSize],
        ["peak learning rate", recipe.learningRate],
        ["longest sequence", recipe.maxLength],
        ["dropout", recipe.dropout],
        ["seed", recipe.seed],
        ...(result.test === null ? [] : [[`test ${result.metric}`, result.test.score.toFixed(4)] as const]),
      ],
    },
    onnx: [],
  });
  const { task, preset, scheme, maxLength, labels } = recipe;
  await writeAtomic(
    join(paths.model, MODEL_SHAPE_FILE),
    `${JSON.stringify({ task, preset, scheme, maxLength, labels }, null, 2)}\n`,
  );
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
    await writeLines(join(folder, `features-${name}.jsonl`), lines);
  }
}

async function writeLines(path: string, lines: readonly object[]): Promise<void> {
  await writeAtomic(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
}
