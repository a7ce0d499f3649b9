/** @file `clinicalbert demo`: from raw notes to a pretrained, evaluated, saved and reloaded BERT in three minutes. */
import { availableParallelism } from "node:os";
import { type DemoResult, runDemo } from "../../recipes/demo.js";
import { STAGE_COLUMNS, stageRow } from "../../recipes/stage-row.js";
import { columns } from "../columns.js";
import { addExamples, type CliCommand, type CliContext } from "../context.js";
import { wholeNumber } from "../options.js";
import { sayRefusals } from "../refusals.js";
import { stageBars } from "../stage-bars.js";

interface Flags {
  readonly notes?: readonly string[];
  readonly out: string;
  readonly seed: number;
  readonly threads: number;
  readonly includeText?: true;
  readonly json?: true;
}

export const command: CliCommand = {
  configure(cli, context) {
    cli
      .option(
        "--notes <sources...>",
        "real notes (.csv, .jsonl, .parquet, a folder, …) instead of synthetic ones",
      )
      .option(
        "--out <folder>",
        "the folder for all that is made; a stopped run in it goes on",
        "clinicalbert-demo",
      )
      .option("--seed <n>", "seed of notes, instances and weights", wholeNumber(0, 0xffffffff), 1)
      .option("--threads <n>", "threads of the arithmetic", wholeNumber(1), availableParallelism())
      .option(
        "--include-text",
        "show fillings of the mask also for real notes: a model may repeat what it has read",
      )
      .option("--json", "print the result as one JSON object")
      .action((flags: Flags) => demo(flags, context));
    addExamples(
      cli,
      "clinicalbert demo",
      "clinicalbert demo --notes NOTEEVENTS.csv.gz --out runs/demo",
      "clinicalbert demo --seed 7 --json",
    );
  },
};

async function demo(flags: Flags, context: CliContext): Promise<void> {
  const bar = stageBars(context);
  const result = await runDemo({
    folder: flags.out,
    ...(flags.notes === undefined ? {} : { sources: flags.notes }),
    seed: flags.seed,
    threads: flags.threads,
    includeText: flags.includeText === true,
    signal: context.signal,
    onProgress: bar.update,
    onRefusal: sayRefusals(context),
  }).finally(bar.finish);
  context.stdout.write(flags.json === true ? `${JSON.stringify(result)}\n` : describe(result));
}

function describe(result: DemoResult): string {
  const { scores, examples } = result;
  const [low, high] = scores.nextSentenceInterval;
  const results = [
    ["masked token", percent(scores.maskedAccuracy), `${scores.maskedCount} positions`],
    ["  most frequent token", percent(scores.mostFrequentToken), "baseline"],
    ["  bigram", percent(scores.bigram), "baseline"],
    [
      "next sentence",
      percent(scores.nextSentenceAccuracy),
      `95 % interval ${percent(low)} to ${percent(high)}, ${scores.nextSentencePairs} pairs`,
    ],
    ["  commoner answer", percent(scores.nextSentenceMajority), "baseline"],
    ["  overlap", percent(scores.nextSentenceOverlap), "a classifier by the rarest shared word"],
  ];
  const fillings = examples.map(
    ({ text, fillings }) =>
      `  ${text}\n    ${fillings.map(({ token, score }) => `${token} ${percent(score)}`).join(", ")}\n`,
  );
  return [
    columns([[...STAGE_COLUMNS], ...result.stages.map(stageRow)]),
    `\nheld-out ${result.synthetic ? "patients and templates" : "patients"}\n`,
    columns(results),
    fillings.length === 0
      ? ""
      : `\nfill [MASK], by the model read back from its folder\n${fillings.join("")}`,
    `\nmodel   ${result.model}\nreport  ${result.report}\n`,
  ].join("");
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
