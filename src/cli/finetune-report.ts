/** @file The tables that fine-tuning and evaluation end with. */
import type { FinetuneResult, MeanInterval, Scores, SeriesOutcome } from "../tasks/finetuning/index.js";
import { columns } from "./columns.js";
import type { CliContext } from "./context.js";

/** One run: scores, classes, where the model is. Several: a row each, and the mean or the best. */
export function printSeries(context: CliContext, outcome: SeriesOutcome): void {
  const { runs, dev, test, best } = outcome;
  const [only] = runs;
  if (runs.length === 1) {
    printRun(context, only!.result);
    context.stdout.write(`the model is in ${only!.folder}/model\n`);
    return;
  }
  const isGrid = new Set(runs.map(({ run }) => run.name.startsWith("lr-"))).has(true);
  const head = isGrid ? ["rate", "batch", "epochs"] : ["run"];
  const rows = runs.map(({ run: { name, recipe }, result }) => [
    ...(isGrid
      ? [recipe.learningRate.toExponential(), String(recipe.batchSize), String(recipe.epochs)]
      : [name]),
    score(result.dev),
    score(result.test),
    String(result.epoch),
    result.processorSeconds.toFixed(0),
  ]);
  context.stdout.write(columns([[...head, "dev", "test", "epoch", "processor s"], ...rows]));
  if (isGrid && best !== null) {
    const { run, result, folder } = best;
    context.stdout.write(
      `best on dev: ${run.name}, dev ${score(result.dev)}, test ${describe(result.test)}; ${folder}/model\n`,
    );
    return;
  }
  for (const [part, summary] of [
    ["dev", dev],
    ["test", test],
  ] as const)
    if (summary !== null) context.stdout.write(`${part} ${only!.result.metric}: ${describeMean(summary)}\n`);
}

function printRun(context: CliContext, result: FinetuneResult): void {
  const { metric, epoch, epochs, steps, processorSeconds } = result;
  context.stdout.write(
    `kept epoch ${epoch} of ${epochs}; ${steps} updates, ${processorSeconds.toFixed(0)} s of processor time\n`,
  );
  for (const part of ["dev", "test"] as const)
    if (result[part] !== null) context.stdout.write(`${part} ${metric}: ${describe(result[part])}\n`);
  printClasses(context, result.test ?? result.dev);
}

/** Precision, recall and F1 of every class. */
export function printClasses(context: CliContext, scores: Scores | null): void {
  if (scores === null) return;
  const rows = Object.entries(scores.details.classes).map(
    ([name, { precision, recall, f1, gold, predicted }]) => [
      name,
      ...[precision, recall, f1].map((rate) => rate.toFixed(4)),
      String(gold),
      String(predicted),
    ],
  );
  context.stdout.write(columns([["class", "precision", "recall", "f1", "gold", "predicted"], ...rows]));
}

/** `0.8123 [0.79, 0.83] (95 % over documents)`. */
export function describe(scores: Scores | null): string {
  if (scores === null) return "-";
  const { score: value, interval } = scores;
  if (interval === null) return value.toFixed(4);
  return `${value.toFixed(4)} [${interval.map((bound) => bound.toFixed(4)).join(", ")}] (95 % bootstrap over documents)`;
}

export function describeMean({ mean, interval, count }: MeanInterval): string {
  if (interval === null) return mean.toFixed(4);
  return `${mean.toFixed(4)} [${interval.map((bound) => bound.toFixed(4)).join(", ")}] (95 % t over ${count} runs)`;
}

function score(scores: Scores | null): string {
  return scores === null ? "-" : scores.score.toFixed(4);
}
