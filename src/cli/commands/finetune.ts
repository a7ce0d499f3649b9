/** @file `clinicalbert finetune`: trains a tagger or a classifier on labelled examples, tests it, and goes on where it was stopped. */
import { availableParallelism } from "node:os";
import { type Command, Option } from "commander";
import { ClinicalBertError } from "../../errors.js";
import type { TextEncoding } from "../../notes/text-encoding.js";
import { DEVICES, type Device } from "../../runtime/ort-node.js";
import {
  checkFinetuneData,
  createFinetuneRecipe,
  describeParts,
  FINETUNE_PRESETS,
  FINETUNE_TASKS,
  type FinetuneData,
  type FinetunePreset,
  type FinetuneRecipe,
  type FinetuneTask,
  foldRuns,
  gridRuns,
  presetSettings,
  readFinetuneData,
  runSeries,
  type SeriesRun,
  SPLIT_UNITS,
  type SplitOptions,
  type SplitUnit,
  seedRuns,
  seriesReport,
  sharedNotices,
  startFinetuning,
  TRAINED_SCHEMES,
  type TrainedScheme,
  writePredictions,
} from "../../tasks/finetuning/index.js";
import { type ExampleFormat, WRITTEN_FORMATS, type WrittenFormat } from "../../tasks/index.js";
import { addExamples, type CliCommand, type CliContext } from "../context.js";
import { printSeries } from "../finetune-report.js";
import { createFinetuneView } from "../finetune-view.js";
import { addExampleFlags } from "../example-flags.js";
import { numberBetween, oneOf, wholeNumber } from "../options.js";
import { sameCommand } from "../same-command.js";

interface FinetuneFlags {
  readonly model: string;
  readonly train: string[];
  readonly dev?: string[];
  readonly test?: string[];
  readonly format?: ExampleFormat;
  readonly encoding: TextEncoding;
  readonly mergeLabels?: string;
  readonly split?: SplitOptions["shares"];
  readonly splitBy: SplitUnit;
  readonly splitSeed: number;
  readonly crossValidation?: number;
  readonly preset: FinetunePreset;
  readonly grid?: "paper";
  readonly seeds: number;
  readonly scheme: TrainedScheme;
  readonly maxLength?: number;
  readonly epochs?: number;
  readonly batch?: number;
  readonly learningRate?: number;
  readonly warmup?: number;
  readonly weightDecay?: number;
  readonly dropout?: number;
  readonly seed?: number;
  readonly classWeights?: true;
  readonly select?: "dev" | "last";
  readonly patience?: number;
  readonly fromScratch?: true;
  readonly allowUnseenLabels?: true;
  readonly exportFeatures?: true;
  readonly predictionsFormat?: WrittenFormat;
  readonly threads: number;
  readonly device: Device;
  readonly out: string;
  readonly json?: true;
}

export const command: CliCommand = {
  configure(command, context) {
    addOptions(command);
    command.action((task: FinetuneTask, flags: FinetuneFlags) => run(context, task, flags));
    addExamples(
      command,
      "clinicalbert finetune ner --model ./bio-clinical-bert --train train.tsv --dev devel.tsv --test test.tsv --out runs/ner",
      "clinicalbert finetune ner --model ./bio-clinical-bert --train notes/ --format brat --split 80/10/10 --seeds 5 --out runs/five",
      "clinicalbert finetune ner --model ./bert --train corpus.txt --format pubtator --merge-labels Disease --cross-validation 10 --out runs/folds",
      "clinicalbert finetune nli --model ./bio-clinical-bert --train mli_train_v1.jsonl --dev mli_dev_v1.jsonl --test mli_test_v1.jsonl --preset alsentzer2019 --grid paper --out runs/mednli",
      "clinicalbert finetune classification --model ./bert --train reports.jsonl --split 80/10/10 --class-weights --out runs/reports",
    );
    command.addHelpText("after", `\n${NOTES}\n`);
  },
};

const NOTES = `A stopped run goes on where it was when the same command is given again; finished runs of a series are kept.
The preset alsentzer2019 is the recipe of the paper's scripts, quirks included: NER trains on sub-words, [CLS], [SEP] and padding with a
summed loss, cuts sentences at 148 pieces and loses the last sentence; MedNLI uses BertAdam and keeps the last epoch.
The run folder has model/ (Hugging Face), predictions-*.jsonl, result.json, metrics.jsonl, batches.jsonl and initial.safetensors.`;

function addOptions(command: Command): void {
  const settings = presetSettings("default");
  command
    .argument("<task>", FINETUNE_TASKS.join(", "), oneOf(FINETUNE_TASKS))
    .requiredOption(
      "--model <source>",
      "where to start: a model folder, weights file, TensorFlow prefix or hub id",
    )
    .requiredOption("--train <paths...>", "labelled examples to train on")
    .option("--dev <paths...>", "examples to choose the best epoch by")
    .option("--test <paths...>", "examples to test on at the end");
  addExampleFlags(command, "")
    .option(
      "--split <shares>",
      "cut the train data into train/dev/test, for example 80/10/10 or 90/10/0",
      parseShares,
    )
    .option(
      "--split-by <unit>",
      `what a split never cuts: ${SPLIT_UNITS.join(", ")}`,
      oneOf(SPLIT_UNITS),
      "document",
    )
    .option("--split-seed <n>", "of splits and folds", wholeNumber(0, 0xffffffff), 2019)
    .option("--cross-validation <folds>", "train and test on each fold of the train data", wholeNumber(3))
    .option("--preset <name>", `recipe: ${FINETUNE_PRESETS.join(", ")}`, oneOf(FINETUNE_PRESETS), "default")
    .addOption(
      new Option(
        "--grid <name>",
        "run the paper's grid: rates 2e-5, 3e-5, 5e-5 × batches 16, 32 × epochs 3, 4 (ner also 2)",
      ).choices(["paper"]),
    )
    .option("--seeds <n>", "runs with as many seeds: mean and 95 % interval", wholeNumber(1, 1000), 1)
    .option(
      "--scheme <name>",
      `tags of entities: ${TRAINED_SCHEMES.join(", ")}`,
      oneOf(TRAINED_SCHEMES),
      "iob2",
    )
    .option(
      "--max-length <n>",
      `longest sequence in tokens (${settings.maxLength}; alsentzer2019: 150)`,
      wholeNumber(8),
    )
    .option("--epochs <n>", `at most (${settings.epochs}; alsentzer2019: 3)`, wholeNumber(1))
    .option("--batch <n>", `sequences an update (${settings.batchSize}; alsentzer2019: 32)`, wholeNumber(1))
    .option("--learning-rate <rate>", `peak learning rate (${settings.learningRate})`, numberBetween(0, 1))
    .option("--warmup <share>", `share of the updates (${settings.warmupShare})`, numberBetween(0, 0.99))
    .option("--weight-decay <rate>", `decoupled (${settings.weightDecay})`, numberBetween(0, 0.99))
    .option("--dropout <p>", `hidden, attention and head (${settings.dropout})`, numberBetween(0, 0.999))
    .option(
      "--seed <n>",
      `of head, order and dropout (${settings.seed}; alsentzer2019: 42)`,
      wholeNumber(0, 0xffffffff),
    )
    .option("--class-weights", "weigh classes by the inverse of their frequency")
    .addOption(
      new Option("--select <epoch>", "keep the best epoch by the dev data, or the last").choices([
        "dev",
        "last",
      ]),
    )
    .option(
      "--patience <n>",
      `epochs without a better dev score before it stops (${settings.patience})`,
      wholeNumber(1),
    )
    .option("--from-scratch", "start from random weights, to see what pretraining is worth")
    .option("--allow-unseen-labels", "count classes that training never shows as misses instead of refusing")
    .option("--export-features", "also write the token ids and classes, for another program to train on")
    .option(
      "--predictions-format <name>",
      `ner: also write the predictions as ${WRITTEN_FORMATS.join(", ")}`,
      oneOf(WRITTEN_FORMATS),
    )
    .option("--threads <n>", "threads of the arithmetic", wholeNumber(1), availableParallelism())
    .addOption(new Option("--device <name>", "where the arithmetic runs").choices(DEVICES).default("cpu"))
    .requiredOption("--out <folder>", "the run folder; an unfinished run in it is continued")
    .option("--json", "print the outcome as one JSON object");
}

async function run(context: CliContext, task: FinetuneTask, flags: FinetuneFlags): Promise<void> {
  checkFlags(task, flags);
  const { data, notices } = await readFinetuneData(task, {
    train: flags.train,
    dev: flags.dev ?? [],
    test: flags.test ?? [],
    ...(flags.format === undefined ? {} : { format: flags.format }),
    encoding: flags.encoding,
    ...(flags.mergeLabels === undefined ? {} : { mergeLabels: flags.mergeLabels }),
    split:
      flags.split === undefined ? null : { shares: flags.split, unit: flags.splitBy, seed: flags.splitSeed },
  });
  for (const notice of notices) context.stderr.write(`clinicalbert: ${notice}\n`);
  const runs = planRuns(task, flags, data);
  for (const { data: each } of new Map(runs.map((planned) => [planned.data, planned])).values())
    checkFinetuneData(task, each, flags.allowUnseenLabels === true);
  const folds = flags.crossValidation === undefined ? [] : runs;
  const [shared] = folds.flatMap((fold) =>
    sharedNotices(fold.data).map((notice) => `${fold.name}: ${notice}`),
  );
  if (shared !== undefined) context.stderr.write(`clinicalbert: ${shared}; so in other folds\n`);
  const parts = folds.length > 0 ? folds.flatMap(foldParts) : describeParts(data);
  if (flags.json !== true)
    // The test part of a fold is the development part of the one before it; the rest of them trains.
    for (const { part, examples, sha256 } of parts)
      if (folds.length === 0 || part.endsWith(" test"))
        context.stdout.write(`${part}: ${examples} examples, documents sha256 ${sha256}\n`);
  const view = createFinetuneView(context, runs.length);
  const outcome = await runSeries(
    runs,
    flags.out,
    {
      start: (job, onEvent) => startFinetuning(job, { signal: context.signal, onEvent }),
      onEvent: view.onEvent,
      onFinished: view.onFinished,
    },
    flags.exportFeatures === true ? { exportFeatures: true } : {},
  ).finally(() => view.finish());
  if (flags.predictionsFormat !== undefined)
    for (const { run, folder } of outcome.runs)
      await writePredictions(folder, run.data, flags.predictionsFormat, { scheme: flags.scheme });
  if (flags.json === true)
    context.stdout.write(`${JSON.stringify({ task, splits: parts, ...seriesReport(outcome) })}\n`);
  if (!outcome.finished)
    throw new ClinicalBertError("ABORTED", `Stopped after ${outcome.runs.length} of ${runs.length} runs.`, {
      remedy: `To go on, give the same command again: ${sameCommand()}`,
    });
  if (flags.json !== true) printSeries(context, outcome);
}

function checkFlags(
  task: FinetuneTask,
  { grid, seeds, crossValidation, dev = [], test = [], split, predictionsFormat, ...flags }: FinetuneFlags,
): void {
  if (predictionsFormat !== undefined && task !== "ner")
    throw new ClinicalBertError("USAGE", `--predictions-format is for entities; ${task} has none.`);
  const kinds = [
    ...(grid === undefined ? [] : ["--grid"]),
    ...(seeds === 1 ? [] : ["--seeds"]),
    ...(crossValidation === undefined ? [] : ["--cross-validation"]),
  ];
  if (kinds.length > 1)
    throw new ClinicalBertError("USAGE", `${kinds.join(" and ")} are different series; give one of them.`);
  const ofGrid = (["learningRate", "batch", "epochs"] as const).filter((name) => flags[name] !== undefined);
  if (grid !== undefined && ofGrid.length > 0)
    throw new ClinicalBertError(
      "USAGE",
      "--grid runs its own rates, batches and epochs; --learning-rate, --batch and --epochs would not count.",
      { remedy: "Leave them out, or leave --grid out." },
    );
  if (crossValidation === undefined || (split === undefined && dev.length + test.length === 0)) return;
  throw new ClinicalBertError("USAGE", "--cross-validation makes its own parts of the train data.", {
    remedy: "Leave --dev, --test and --split out.",
  });
}

function foldParts({ name, data }: SeriesRun): ReturnType<typeof describeParts> {
  return describeParts(data).map(({ part, ...rest }) => ({ part: `${name} ${part}`, ...rest }));
}

function planRuns(task: FinetuneTask, flags: FinetuneFlags, data: FinetuneData): SeriesRun[] {
  const recipe = recipeOf(task, flags, data);
  if (flags.grid !== undefined) return gridRuns(recipe, data);
  if (flags.crossValidation === undefined) return seedRuns(recipe, data, flags.seeds);
  return foldRuns(recipe, data.train, flags.crossValidation, { unit: flags.splitBy, seed: flags.splitSeed });
}

function recipeOf(task: FinetuneTask, flags: FinetuneFlags, data: FinetuneData): FinetuneRecipe {
  const { preset, scheme, maxLength, epochs, learningRate, weightDecay, dropout, seed } = flags;
  const { select, patience, device, threads } = flags;
  return createFinetuneRecipe(task, flags.model, data.train, {
    ...{ preset, scheme, maxLength, epochs, learningRate, weightDecay, dropout, seed },
    ...{ select, patience, device, threads },
    fromScratch: flags.fromScratch,
    batchSize: flags.batch,
    warmupShare: flags.warmup,
    classWeights: flags.classWeights,
  });
}

function parseShares(text: string): SplitOptions["shares"] {
  const shares = text.split("/").map(Number);
  const [train, dev, test] = shares;
  if (shares.length !== 3 || shares.some((share) => !(share >= 0)) || !(train! > 0))
    throw new ClinicalBertError("USAGE", `--split is "${text}"; it must be three shares such as 80/10/10.`);
  return [train!, dev!, test!];
}
