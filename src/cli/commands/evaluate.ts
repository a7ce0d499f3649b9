/** @file `clinicalbert evaluate`: scores predictions against gold. */
import type { Command } from "commander";
import {
  EXAMPLE_FORMATS,
  type ExampleFormat,
  METRICS,
  type Metric,
  STRICT_SCHEMES,
  type StrictScheme,
  scoreFiles,
} from "../../tasks/index.js";
import { addExamples, type CliCommand, type CliContext } from "../context.js";
import { OFFSETS_FLAG, OFFSETS_HELP, type OffsetUnit, parseOffsetUnit } from "../offset-units.js";
import { oneOf, wholeNumber } from "../options.js";

interface ScoreFlags {
  readonly metric: Metric;
  readonly gold?: string;
  readonly predicted: string;
  readonly format?: ExampleFormat;
  readonly predictedFormat?: ExampleFormat;
  readonly scheme?: StrictScheme;
  readonly samples: number;
  readonly seed: number;
  readonly offsets: OffsetUnit;
  readonly json?: boolean;
}

export const command: CliCommand = {
  configure(command, context) {
    configureScore(command.command("score"), context);
    addExamples(
      command,
      "clinicalbert evaluate score --metric conlleval --gold test.tsv --predicted predicted.tsv",
      "clinicalbert evaluate score --help",
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
  const { metric, predicted, gold, format, predictedFormat, scheme, samples, seed, offsets } = flags;
  const result = await scoreFiles(metric, gold ?? null, predicted, {
    samples,
    seed,
    read: { offsets },
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
