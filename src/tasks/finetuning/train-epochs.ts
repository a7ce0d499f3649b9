/** @file The updates of a run, epoch by epoch: a look at the development set after each, and the best weights kept. */
import type { StepLog } from "../../training/step-log.js";
import { saveCheckpoint } from "../../training/training-checkpoint.js";
import type { Answerer } from "./answer-features.js";
import { balancedClassWeights } from "./class-weights.js";
import type { Run } from "./finetune-run.js";
import { Finetuner } from "./finetuner.js";
import {
  type FinetuneEpoch,
  type FinetuneStep,
  type History,
  noteEpoch,
  patienceIsOver,
  startClock,
} from "./history.js";
import { saveBest } from "./run-files.js";

export type FinetuneLog = StepLog<FinetuneStep | FinetuneEpoch>;

/** Trains to the end or until the patience is over; false when stopped. */
export async function trainEpochs(
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
        tokens_per_second: (1000 * update.tokens) / (performance.now() - started),
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

/** A full checkpoint, the log before it. */
export async function saveRun(run: Run, metrics: FinetuneLog, { step }: History): Promise<void> {
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
