/** @file Evaluation during a run: when it is due, what it found, and the best weights so far. */
import { join } from "node:path";
import { openSafetensors } from "../checkpoint/safetensors/open-file.js";
import { writeSafetensors } from "../checkpoint/safetensors/writer.js";
import { readInstances } from "../instances/instance-sink.js";
import { openInstances } from "../instances/open-instances.js";
import type { Runtime } from "../runtime/runtime.js";
import { fileError } from "../util/file-error.js";
import { makeFolder } from "../util/make-folder.js";
import { evaluatePretraining } from "./evaluate.js";
import type { ParameterVector } from "./parameter-vector.js";
import type { PretrainRecipe } from "./recipe.js";
import type { RunPaths } from "./run-directory.js";
import { openStepLog, readStepLog, type StepLog } from "./step-log.js";

/** One line of `evaluations.jsonl`: means over the held-out instances. */
export interface HeldOutLine {
  readonly step: number;
  readonly masked_lm_loss: number;
  readonly masked_lm_accuracy: number;
  readonly next_sentence_loss: number;
  readonly next_sentence_accuracy: number;
  readonly sequences: number;
}

export interface HeldOut {
  /** Whether an evaluation belongs after `step` updates. */
  isDue(step: number): boolean;
  /** Evaluates, keeps the weights when they are the best so far, writes the line. Null when stopped on the way. */
  evaluate(step: number): Promise<HeldOutLine | null>;
  /** The line of an evaluation that was made before; null for none. */
  at(step: number): HeldOutLine | null;
  /** The line with the lowest masked-LM loss; null before the first evaluation. */
  best(): HeldOutLine | null;
  last(): HeldOutLine | null;
  close(): void;
}

interface HeldOutRun {
  readonly recipe: PretrainRecipe;
  readonly paths: RunPaths;
  readonly runtime: Runtime;
  readonly weights: ParameterVector;
  readonly stopped: () => boolean;
  readonly onStart: (sequences: number) => void;
}

/** Opens the log after `step` updates. An evaluation that was interrupted is made again at the same step, with the same bits. */
export async function openHeldOut(run: HeldOutRun, step: number): Promise<HeldOut> {
  const { recipe, paths } = run;
  const log: StepLog<HeldOutLine> = await openStepLog(paths.evaluations, step);
  const lines = readStepLog<HeldOutLine>(paths.evaluations);
  const best = (): HeldOutLine | null =>
    lines.reduce<HeldOutLine | null>(
      (least, line) => (least === null || line.masked_lm_loss < least.masked_lm_loss ? line : least),
      null,
    );
  return {
    isDue: (at) =>
      recipe.heldOut.length > 0 &&
      at > 0 &&
      (at === recipe.steps || (recipe.evaluateEvery > 0 && at % recipe.evaluateEvery === 0)),
    at: (step) => lines.find((line) => line.step === step) ?? null,
    async evaluate(at) {
      const line = await evaluateAt(run, at);
      if (line === null) return null;
      // The weights first: whoever finds the line finds them too.
      if (line.masked_lm_loss < (best()?.masked_lm_loss ?? Number.POSITIVE_INFINITY))
        await saveBest(run, line);
      log.write(line);
      log.sync();
      lines.push(line);
      return line;
    },
    best,
    last: () => lines.at(-1) ?? null,
    close: () => log.close(),
  };
}

async function evaluateAt(run: HeldOutRun, step: number): Promise<HeldOutLine | null> {
  const { recipe, runtime, weights, stopped, onStart } = run;
  const reader = await openInstances(recipe.heldOut);
  try {
    const count = Math.min(reader.count, recipe.evaluateSequences || reader.count);
    onStart(count);
    const found = await evaluatePretraining(runtime, weights.tensors, readInstances(reader, count), {
      config: recipe.config,
      shape: { maxLength: reader.maxLength, maxPredictions: reader.maxPredictions },
      batchSize: recipe.microBatch,
      stopped,
    });
    if (found === null) return null;
    return {
      step,
      masked_lm_loss: found.maskedLmLoss,
      masked_lm_accuracy: found.maskedLmAccuracy,
      next_sentence_loss: found.nextSentenceLoss,
      next_sentence_accuracy: found.nextSentenceAccuracy,
      sequences: found.sequences,
    };
  } finally {
    reader.close();
  }
}

function bestPath({ checkpoints }: RunPaths): string {
  return join(checkpoints, "best.safetensors");
}

/** Weights alone, under their plain names: any reader of safetensors can use the file while the run goes on. */
async function saveBest({ paths, weights }: HeldOutRun, line: HeldOutLine): Promise<void> {
  const path = bestPath(paths);
  try {
    await makeFolder(paths.checkpoints);
    await writeSafetensors(path, weights.tensors, {
      format: "pt",
      step: String(line.step),
      masked_lm_loss: String(line.masked_lm_loss),
    });
  } catch (error) {
    throw fileError(error, path);
  }
}

/** Reads the best weights into `weights`. */
export async function loadBest(paths: RunPaths, weights: ParameterVector): Promise<void> {
  const file = await openSafetensors(bestPath(paths));
  try {
    for (const [name, tensor] of weights.tensors)
      (tensor.data as Float32Array).set((await file.read(name)).data as Float32Array);
  } finally {
    await file.close();
  }
}
