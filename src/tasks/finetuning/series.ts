/** @file Several runs of one kind: seeds, a grid, folds. Each in a folder of its own, with its own optimizer; finished ones are kept. */
import { join } from "node:path";
import { writeAtomic } from "../../util/atomic-file.js";
import { makeFolder } from "../../util/make-folder.js";
import type { Example } from "../example.js";
import type { FinetuneData } from "./finetune-data.js";
import type { FinetuneJob } from "./finetune.js";
import type { FinetuneEvent, FinetuneOutcome, FinetuneResult } from "./finetune-run.js";
import { type MeanInterval, meanInterval } from "./mean-interval.js";
import type { FinetuneRecipe } from "./recipe.js";
import { crossValidationSplits, type SplitOptions } from "./splits.js";

export interface SeriesRun {
  /** Its folder within the series; empty for the only run. */
  readonly name: string;
  readonly recipe: FinetuneRecipe;
  readonly data: FinetuneData;
}

export interface SeriesHooks {
  /** Runs or continues one job; in a worker thread, or in this one. */
  readonly start: (job: FinetuneJob, onEvent: (event: FinetuneEvent) => void) => Promise<FinetuneOutcome>;
  readonly onEvent: (run: SeriesRun, event: FinetuneEvent) => void;
  readonly onFinished: (run: SeriesRun, result: FinetuneResult) => void;
}

export interface FinishedRun {
  readonly run: SeriesRun;
  readonly folder: string;
  readonly result: FinetuneResult;
}

export interface SeriesOutcome {
  /** False when a run was stopped; the same series goes on with it. */
  readonly finished: boolean;
  readonly runs: readonly FinishedRun[];
  /** Of the scores on the development and test sets over the runs; null where there are none. */
  readonly dev: MeanInterval | null;
  readonly test: MeanInterval | null;
  /** The run with the best score on the development set: the choice of a grid. */
  readonly best: FinishedRun | null;
}

/** The grid of the paper: learning rates × batches × epochs (FACTS: NER also two epochs). */
const GRID = {
  learningRates: [2e-5, 3e-5, 5e-5],
  batches: [16, 32],
  epochs: { ner: [2, 3, 4], nli: [3, 4] },
};

/** One run of `recipe` for each of `count` seeds, from its own seed on. */
export function seedRuns(recipe: FinetuneRecipe, data: FinetuneData, count: number): SeriesRun[] {
  return Array.from({ length: count }, (_, index) => {
    const seed = recipe.seed + index;
    return { name: count === 1 ? "" : `seed-${seed}`, recipe: { ...recipe, seed }, data };
  });
}

/** Every point of the paper's grid. */
export function gridRuns(recipe: FinetuneRecipe, data: FinetuneData): SeriesRun[] {
  const epochChoices = recipe.task === "ner" ? GRID.epochs.ner : GRID.epochs.nli;
  return GRID.learningRates.flatMap((learningRate) =>
    GRID.batches.flatMap((batchSize) =>
      epochChoices.map((epochs) => ({
        name: `lr-${learningRate.toExponential()}-batch-${batchSize}-epochs-${epochs}`,
        recipe: { ...recipe, learningRate, batchSize, epochs },
        data,
      })),
    ),
  );
}

/** One run for each fold of `examples`; see `crossValidationSplits`. */
export function foldRuns(
  recipe: FinetuneRecipe,
  examples: readonly Example[],
  folds: number,
  options: Pick<SplitOptions, "unit" | "seed">,
): SeriesRun[] {
  return crossValidationSplits(examples, folds, options).map((data, fold) => ({
    name: `fold-${fold}`,
    recipe,
    data,
  }));
}

/** Runs or continues all of them, one after the other, and writes `summary.json` at the end. */
export async function runSeries(
  runs: readonly SeriesRun[],
  folder: string,
  { start, onEvent, onFinished }: SeriesHooks,
  options: Pick<FinetuneJob, "exportFeatures"> = {},
): Promise<SeriesOutcome> {
  const finished: FinishedRun[] = [];
  for (const run of runs) {
    const place = join(folder, run.name);
    const { recipe, data } = run;
    const { result } = await start({ recipe, data, folder: place, ...options }, (event) =>
      onEvent(run, event),
    );
    if (result === null) return { ...summarize(finished), finished: false };
    onFinished(run, result);
    finished.push({ run, folder: place, result });
  }
  const outcome = summarize(finished);
  if (runs.length > 1) {
    await makeFolder(folder);
    await writeAtomic(join(folder, "summary.json"), `${JSON.stringify(seriesReport(outcome), null, 2)}\n`);
  }
  return outcome;
}

function summarize(runs: readonly FinishedRun[]): SeriesOutcome {
  const scores = (part: "dev" | "test"): number[] =>
    runs.flatMap(({ result }) => (result[part] === null ? [] : [result[part].score]));
  const [dev, test] = [scores("dev"), scores("test")];
  const withDev = runs.filter(({ result }) => result.dev !== null);
  return {
    finished: true,
    runs,
    dev: dev.length === 0 ? null : meanInterval(dev),
    test: test.length === 0 ? null : meanInterval(test),
    best: withDev.reduce<FinishedRun | null>(
      (best, each) => (best === null || each.result.dev!.score > best.result.dev!.score ? each : best),
      null,
    ),
  };
}

/** What machines read of a series: plain data, snake_case as in all JSON files. */
export function seriesReport({ finished, runs, dev, test, best }: SeriesOutcome): Record<string, unknown> {
  return {
    finished,
    runs: runs.map(({ run, folder, result }) => ({
      name: run.name,
      folder,
      learning_rate: run.recipe.learningRate,
      batch: run.recipe.batchSize,
      epochs: run.recipe.epochs,
      seed: run.recipe.seed,
      epoch_kept: result.epoch,
      metric: result.metric,
      dev: result.dev?.score ?? null,
      test: result.test?.score ?? null,
      test_interval: result.test?.interval ?? null,
      processor_seconds: result.processorSeconds,
    })),
    dev,
    test,
    best: best?.run.name ?? null,
  };
}
