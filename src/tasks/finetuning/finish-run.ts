/** @file The end of a run: the weights that count, answers, scores, the model folder. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { exportModelFolder } from "../../checkpoint/folder/export-folder.js";
import { MODEL_SHAPE_FILE } from "../../checkpoint/reading-files.js";
import { writeAtomic } from "../../util/atomic-file.js";
import type { Answerer } from "./answer-features.js";
import type { FinetuneOutcome, FinetuneResult, Run } from "./finetune-run.js";
import { type History, startClock } from "./history.js";
import type { TaskParts } from "./parts.js";
import { headsOf } from "./recipe.js";
import { readWeights, removeUnfinished, writeJsonLines } from "./run-files.js";
import type { Scores } from "./scores.js";

/** Chooses the weights, writes the model, its predictions and scores; null when stopped. */
export async function finishRun(
  run: Run,
  answerer: Answerer,
  history: History,
): Promise<FinetuneOutcome | null> {
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
    await writeJsonLines(join(paths.folder, `predictions-${name}.jsonl`), part.predict(answers));
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
  const { task, preset, scheme, maxLength, labels } = recipe;
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
    beside: new Map([
      [MODEL_SHAPE_FILE, `${JSON.stringify({ task, preset, scheme, maxLength, labels }, null, 2)}\n`],
    ]),
  });
}
