/** @file The paper again: pretraining where notes are given, fine-tuning of every model on every task that is there, each figure beside Table 2. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { BertConfig } from "../bert/config.js";
import { openModel } from "../checkpoint/open-model.js";
import {
  checkFinetuneData,
  createFinetuneRecipe,
  type FinetuneData,
  type FinetuneRecipe,
  gridRuns,
  runSeries,
  type Scores,
  type SeriesHooks,
  type SeriesRun,
  seedRuns,
} from "../tasks/finetuning/index.js";
import { writeAtomic } from "../util/atomic-file.js";
import { fileError } from "../util/file-error.js";
import { makeFolder } from "../util/make-folder.js";
import { findTaskFiles, readTask, type TaskFiles, taskOf } from "./reproduction-data.js";
import {
  PAPER_MODELS,
  PAPER_TASKS,
  type PaperModel,
  type PaperTask,
  paperFigure,
  WHERE_TO_APPLY,
} from "./table-2.js";

export interface ReproduceOptions {
  /** Models that are there: folder, weights file, TensorFlow prefix or hub id. */
  readonly models: Readonly<Partial<Record<PaperModel, string>>>;
  /** Notes to pretrain the clinical models on that are not there; null: none are. */
  readonly mimic: readonly string[] | null;
  /** Updates of each pretraining; null: as many as were published. */
  readonly pretrainSteps: number | null;
  /** The spaCy pipeline that splits their sentences; null: the rule splitter does. */
  readonly splitterModel: string | null;
  readonly mednli: string | null;
  readonly i2b2: string | null;
  readonly folder: string;
  /** Every point of the paper's grid, or the preset's one point. */
  readonly grid: boolean;
  readonly device: FinetuneRecipe["device"];
  readonly threads: number;
}

/** A model of the table that a pretraining makes. */
export interface PretrainStage {
  readonly model: Exclude<PaperModel, "bert" | "biobert">;
  readonly init: string;
  readonly folder: string;
}

export interface FinetuneStage {
  readonly model: PaperModel;
  readonly task: PaperTask;
  readonly source: string;
  readonly folder: string;
}

export interface MissingPart {
  readonly part: string;
  /** What to get, and where. */
  readonly remedy: string;
}

export interface ReproductionPlan {
  readonly pretraining: readonly PretrainStage[];
  readonly finetuning: readonly FinetuneStage[];
  readonly files: ReadonlyMap<PaperTask, TaskFiles>;
  readonly missing: readonly MissingPart[];
}

/** One cell of the table. */
export interface ReproducedFigure {
  readonly model: PaperModel;
  readonly task: PaperTask;
  readonly ours: Scores;
  /** Per cent. */
  readonly paper: number;
  /** The point of the grid that was best on the development set. */
  readonly point: string;
}

type PretrainedModel = PretrainStage["model"];
const STARTS: Readonly<Record<PretrainedModel, "bert" | "biobert">> = {
  "clinical-bert": "bert",
  "discharge-summary-bert": "bert",
  "bio-clinical-bert": "biobert",
  "bio-discharge-summary-bert": "biobert",
};
const PUBLISHED: Readonly<Record<PaperModel, string>> = {
  bert: "BERT-Base, cased: hub id google-bert/bert-base-cased",
  biobert: "BioBERT v1.0 (PubMed 200K + PMC 270K): github.com/naver/biobert-pretrained",
  "clinical-bert": "pretrain it: --mimic with --model bert=…",
  "discharge-summary-bert": "pretrain it: --mimic with --model bert=…",
  "bio-clinical-bert":
    "hub id emilyalsentzer/Bio_ClinicalBERT, or pretrain it: --mimic with --model biobert=…",
  "bio-discharge-summary-bert":
    "hub id emilyalsentzer/Bio_Discharge_Summary_BERT, or pretrain it: --mimic with --model biobert=…",
};

const PUBLISHED_SPLITTER =
  "the paper split sentences with scispaCy's en_core_sci_md 0.1.0 (github.com/allenai/scispacy): give it with --splitter-model; without it the rule splitter does";

async function requireFile(path: string): Promise<void> {
  await stat(path).catch((error: unknown) => {
    throw fileError(error, path);
  });
}

/** What can be done with what is given, and what is missing. Throws `FILE_NOT_FOUND` for a named folder that is not one of data, and what opening a given model throws. */
export async function planReproduction(options: ReproduceOptions): Promise<ReproductionPlan> {
  const { models, mimic, folder } = options;
  const files = await findTaskFiles(options);
  for (const source of Object.values(models)) await (await openModel(source)).close();
  for (const source of mimic ?? []) if (!source.includes("://")) await requireFile(source);
  const pretraining: PretrainStage[] = [];
  const sources = new Map<PaperModel, string>();
  const missing: MissingPart[] = [];
  for (const model of PAPER_MODELS) {
    const given = models[model];
    const init = model in STARTS ? models[STARTS[model as PretrainedModel]] : undefined;
    if (given !== undefined) sources.set(model, given);
    else if (mimic !== null && init !== undefined) {
      const place = join(folder, "pretraining", model);
      pretraining.push({ model: model as PretrainedModel, init, folder: place });
      sources.set(model, join(place, "model"));
    } else missing.push({ part: `model ${model}`, remedy: PUBLISHED[model] });
  }
  if (mimic === null) missing.push({ part: "mimic", remedy: WHERE_TO_APPLY.mimic });
  if (pretraining.length > 0 && options.splitterModel === null)
    missing.push({ part: "sentence splitter", remedy: PUBLISHED_SPLITTER });
  if (pretraining.length > 0 && options.pretrainSteps !== null)
    missing.push({
      part: "pretraining",
      remedy: `${options.pretrainSteps} updates are a trial, and figures of such models say nothing; leave --pretrain-steps out for the published ones`,
    });
  for (const task of PAPER_TASKS)
    if (!files.has(task)) missing.push({ part: task, remedy: WHERE_TO_APPLY[task] });
  const finetuning = [...sources].flatMap(([model, source]) =>
    [...files.keys()].map((task) => ({
      model,
      task,
      source,
      folder: join(folder, "finetuning", model, task),
    })),
  );
  return { pretraining, finetuning, files, missing };
}

export interface ReproduceHooks extends Omit<SeriesHooks, "onEvent" | "onFinished"> {
  /** Pretrains a model into its folder, or goes on; false when it was stopped. */
  readonly pretrain: (stage: PretrainStage) => Promise<boolean>;
  readonly onStage: (stage: FinetuneStage, runs: number) => Pick<SeriesHooks, "onEvent" | "onFinished">;
  readonly onFigure: (figure: ReproducedFigure) => void;
}

/** Runs or continues the whole plan; null when it was stopped. `figures.json` in the folder grows with every figure. */
export async function reproduce(
  options: ReproduceOptions,
  plan: ReproductionPlan,
  hooks: ReproduceHooks,
): Promise<ReproducedFigure[] | null> {
  // Before days of pretraining, so that a broken file is known now.
  const data = new Map<PaperTask, FinetuneData>();
  for (const [task, files] of plan.files) data.set(task, await readTask(task, files));
  for (const stage of plan.pretraining) if (!(await hooks.pretrain(stage))) return null;
  const figures: ReproducedFigure[] = [];
  for (const stage of plan.finetuning) {
    const { task, model } = stage;
    const runs = stageRuns(options, stage, data.get(task)!);
    const outcome = await runSeries(runs, stage.folder, {
      start: hooks.start,
      ...hooks.onStage(stage, runs.length),
    });
    if (!outcome.finished) return null;
    const { run, result } = outcome.best!;
    const figure = { model, task, ours: result.test!, paper: paperFigure(model, task), point: pointOf(run) };
    figures.push(figure);
    hooks.onFigure(figure);
    await makeFolder(options.folder);
    const lines = figures.map(({ ours, ...rest }) => ({
      ...rest,
      ours: 100 * ours.score,
      interval: ours.interval,
    }));
    await writeAtomic(join(options.folder, "figures.json"), `${JSON.stringify(lines, null, 2)}\n`);
  }
  return figures;
}

function pointOf({ recipe: { learningRate, batchSize, epochs } }: SeriesRun): string {
  return `rate ${learningRate.toExponential()}, batch ${batchSize}, epochs ${epochs}`;
}

/** The runs behind one figure. */
export function stageRuns(
  { grid, device, threads }: Pick<ReproduceOptions, "grid" | "device" | "threads">,
  { task, source }: FinetuneStage,
  data: FinetuneData,
): SeriesRun[] {
  const kind = taskOf(task);
  // A class of the test set that training never shows counts as missed, as in the published scripts.
  checkFinetuneData(kind, data, true);
  const recipe = createFinetuneRecipe(kind, source, data.train, { preset: "alsentzer2019", device, threads });
  return grid ? gridRuns(recipe, data) : seedRuns(recipe, data, 1);
}

/** Configuration of the first model that is there; what an estimate measures with. */
export async function firstConfig({ models }: ReproduceOptions): Promise<BertConfig | null> {
  const [source] = Object.values(models);
  if (source === undefined) return null;
  const model = await openModel(source);
  await model.close();
  return model.config;
}
