/** @file `clinicalbert evaluate`: scores predictions, or a fine-tuned model, against gold. */
import { basename, resolve } from "node:path";
import type { Command } from "commander";
import { ClinicalBertError } from "../../errors.js";
import { TEXT_ENCODINGS, type TextEncoding } from "../../notes/text-encoding.js";
import {
  DEFAULT_THRESHOLD,
  type DeidRecall,
  deidentify,
  type EntityExample,
  EXAMPLE_FORMATS,
  type ExampleFormat,
  METRICS,
  type Metric,
  measureRecall,
  NO_DETERMINATION,
  openDeidModel,
  type PhiSpan,
  phiCategory,
  readExamples,
  recallLines,
  STRICT_SCHEMES,
  type StrictScheme,
  scoreFiles,
  writeRecall,
} from "../../tasks/index.js";
import { problemNotices } from "../../tasks/finetuning/index.js";
import { addExamples, type CliCommand, type CliContext } from "../context.js";
import { configureModelTest } from "../evaluate-model.js";
import { addModelFlags, type ModelFlags, modelOptions } from "../model-flags.js";
import { OFFSETS_FLAG, OFFSETS_HELP, type OffsetUnit, parseOffsetUnit } from "../offset-units.js";
import { numberBetween, oneOf, wholeNumber } from "../options.js";
import { startProgress } from "../progress.js";

interface ScoreFlags {
  readonly metric: Metric;
  readonly gold?: string;
  readonly predicted: string;
  readonly format?: ExampleFormat;
  readonly predictedFormat?: ExampleFormat;
  readonly scheme?: StrictScheme;
  readonly raw?: boolean;
  readonly latex?: boolean;
  readonly samples: number;
  readonly seed: number;
  readonly offsets: OffsetUnit;
  readonly json?: boolean;
}

export const command: CliCommand = {
  configure(command, context) {
    configureScore(command.command("score"), context);
    configureModelTest(command.command("model"), context);
    configureDeid(command.command("deid"), context);
    addExamples(
      command,
      "clinicalbert evaluate score --metric conlleval --gold test.tsv --predicted predicted.tsv",
      "clinicalbert evaluate model --model runs/ner/model --test test.tsv",
      "clinicalbert evaluate deid --model ./deid --gold testing-PHI-Gold-fixed/ --format i2b2-2014",
    );
  },
};

function configureScore(command: Command, context: CliContext): void {
  command
    .description("score a file of predictions against a file of gold")
    .requiredOption("--metric <name>", METRICS.join(", "), oneOf(METRICS))
    .option(
      "--gold <path>",
      "file or folder; without it the prediction's file has both tags (conlleval, seqeval)",
    )
    .requiredOption("--predicted <path>", "file or folder")
    .option("--format <name>", `format of both: ${EXAMPLE_FORMATS.join(", ")}`, oneOf(EXAMPLE_FORMATS))
    .option(
      "--predicted-format <name>",
      "format of the prediction, where it is another",
      oneOf(EXAMPLE_FORMATS),
    )
    .option("--scheme <name>", `seqeval in strict mode: ${STRICT_SCHEMES.join(", ")}`, oneOf(STRICT_SCHEMES))
    .option("--raw", "conlleval -r: tags without B- and I-, each word a phrase")
    .option("--latex", "conlleval -l: a LaTeX table")
    .option("--samples <n>", "bootstrap resamples; 0 for no intervals", wholeNumber(0, 1_000_000), 1000)
    .option("--seed <n>", "of the bootstrap", wholeNumber(0, 2 ** 32 - 1), 1)
    .option(OFFSETS_FLAG, `${OFFSETS_HELP}, of jsonl files`, parseOffsetUnit, "utf16")
    .option("--json", "the scores as JSON, with intervals by document")
    .action(async (flags: ScoreFlags) => {
      await score(context, flags);
    });
  addExamples(
    command,
    "clinicalbert evaluate score --metric seqeval --scheme iob2 --gold test.tsv --predicted predicted.tsv --json",
    "clinicalbert evaluate score --metric i2b2 --gold concept/ --predicted predicted/",
    "clinicalbert evaluate score --metric accuracy --gold mli_test_v1.jsonl --predicted predicted.jsonl",
    "clinicalbert evaluate score --metric deid --gold testing-PHI-Gold-fixed/ --predicted system/",
    "clinicalbert evaluate score --metric entities --format brat --predicted-format jsonl --gold gold/ --predicted predicted.jsonl",
  );
}

async function score(context: CliContext, flags: ScoreFlags): Promise<void> {
  checkScoreFlags(flags);
  const { metric, predicted, gold, format, predictedFormat, scheme, samples, seed, offsets } = flags;
  // The originals' own reports have no intervals.
  const columns = metric === "conlleval" || metric === "seqeval";
  const result = await scoreFiles(metric, gold ?? null, predicted, {
    samples: columns && flags.json !== true ? 0 : samples,
    seed,
    read: { offsets },
    conlleval: { raw: flags.raw === true, latex: flags.latex === true },
    ...(format === undefined ? {} : { format }),
    ...(predictedFormat === undefined ? {} : { predictedFormat }),
    ...(scheme === undefined ? {} : { scheme }),
  });
  for (const notice of result.notices) context.stderr.write(`clinicalbert: ${notice}\n`);
  const ending = result.report.endsWith("\n") ? "" : "\n";
  context.stdout.write(
    flags.json === true
      ? `${JSON.stringify({ metric, ...result.scores, notices: result.notices })}\n`
      : result.report + ending,
  );
}

/** A flag of another metric would leave the score as it is, which is not what was asked for. */
function checkScoreFlags({ metric, scheme, raw, latex }: ScoreFlags): void {
  const given: readonly (readonly [flag: string, given: boolean, metric: Metric])[] = [
    ["--scheme", scheme !== undefined, "seqeval"],
    ["--raw", raw === true, "conlleval"],
    ["--latex", latex === true, "conlleval"],
  ];
  for (const [flag, isGiven, owner] of given)
    if (isGiven && metric !== owner)
      throw new ClinicalBertError("USAGE", `${flag} is for --metric ${owner}; the metric is ${metric}.`);
}

interface DeidFlags extends ModelFlags {
  readonly gold: string;
  readonly format: ExampleFormat;
  readonly encoding: TextEncoding;
  readonly threshold: number;
  readonly data?: string;
  readonly json?: boolean;
}

const NOTES_AT_ONCE = 16;

function configureDeid(command: Command, context: CliContext): void {
  addModelFlags(
    command.description("measure the recall of a de-identification model and keep it beside the model"),
  )
    .requiredOption("--gold <path>", "annotated notes that the model was not trained on")
    .option("--format <name>", EXAMPLE_FORMATS.join(", "), oneOf(EXAMPLE_FORMATS), "i2b2-2014")
    .option("--encoding <name>", TEXT_ENCODINGS.join(", "), oneOf(TEXT_ENCODINGS), "utf-8")
    .option("--threshold <p>", "least probability of PHI", numberBetween(0.0001, 1), DEFAULT_THRESHOLD)
    .option("--data <name>", "what to call the data (default: the name of the file or folder)")
    .option("--json", "the measurement as JSON")
    .action((flags: DeidFlags) => measureDeid(context, flags));
  addExamples(
    command,
    "clinicalbert evaluate deid --model ./deid --gold testing-PHI-Gold-fixed/ --threshold 0.05",
    "clinicalbert evaluate deid --model ./deid --gold own-notes.jsonl --format prodigy --json",
  );
}

/** What is left aside, so that nobody takes the recall for one of it too. */
function otherClasses(gold: readonly EntityExample[]): string[] {
  const others = gold.flatMap(({ entities }) =>
    entities.filter(
      ({ label, category }) => phiCategory(category ?? label) === null && phiCategory(label) === null,
    ),
  );
  if (others.length === 0) return [];
  const labels = [...new Set(others.map(({ label }) => label))].sort();
  return [`${others.length} entities are of no PHI class and not counted: ${labels.join(", ")}`];
}

async function measureDeid(context: CliContext, flags: DeidFlags): Promise<void> {
  const { gold: source, format, threshold, data = basename(resolve(source)) } = flags;
  const { examples, problems } = await readExamples(source, format, { encoding: flags.encoding });
  const gold = examples.filter((example): example is EntityExample => example.kind === "entities");
  const notices = [...problemNotices(source, problems), ...otherClasses(gold)];
  for (const notice of notices) context.stderr.write(`clinicalbert: ${notice}\n`);
  if (gold.every(({ entities }) => entities.every(({ label }) => phiCategory(label) === null)))
    throw new ClinicalBertError("SCORE_EMPTY", `${source} has no PHI in its ${gold.length} notes.`);
  const model = await openDeidModel(flags.model, modelOptions(flags, context));
  const progress = startProgress(context, "notes", gold.length, "notes");
  try {
    const found: (readonly PhiSpan[])[] = [];
    for (let at = 0; at < gold.length; at += NOTES_AT_ONCE) {
      const notes = await deidentify(model, gold.slice(at, at + NOTES_AT_ONCE), {
        threshold,
        signal: context.signal,
      });
      found.push(...notes.map(({ entities }) => entities));
      progress.update(found.length);
    }
    progress.finish();
    const recall: DeidRecall = {
      format: 1,
      weights: model.weights,
      dtype: model.dtype,
      threshold,
      data,
      ...measureRecall(gold, found),
    };
    // Printed first: it may have taken hours, and a model's folder need not be writable.
    context.stdout.write(
      flags.json === true
        ? `${JSON.stringify(recall)}\n`
        : `${recallLines(recall).join("\n")}\n${NO_DETERMINATION}\n`,
    );
    await writeRecall(model.folder, recall);
  } finally {
    await model.dispose();
  }
}
