/** @file `clinicalbert instances`: a formatted corpus to masked-LM and next-sentence instances. */
import { availableParallelism } from "node:os";
import { InvalidArgumentError, Option } from "commander";
import { ClinicalBertError } from "../../errors.js";
import { type InstanceFormat, type InstanceMode, writeInstances } from "../../instances/index.js";
import { writeAtomic } from "../../util/atomic-file.js";
import { addExamples, type CliCommand, type CliContext } from "../context.js";
import { describeInstances } from "../instance-report.js";
import { numberBetween, wholeNumber } from "../options.js";
import { openOutput } from "../output.js";
import { type Progress, startProgress } from "../progress.js";
import { addTokenizerFlags, openTokenizer, type TokenizerFlags } from "../tokenizer-flags.js";

interface Flags extends TokenizerFlags {
  readonly mode: InstanceMode;
  readonly corpus: readonly string[];
  readonly to: InstanceFormat;
  readonly out: string;
  readonly seed: number | bigint;
  readonly dupeFactor: number;
  readonly maxLength: number;
  readonly maxPredictions: number;
  readonly shortSequenceProbability: number;
  readonly maskedShare: number;
  readonly wholeWord?: boolean;
  readonly tmp?: string;
  readonly threads: number;
  readonly files: number;
  readonly report?: string;
  readonly json?: boolean;
}

const MODES: readonly InstanceMode[] = ["exact", "parallel"];
const FORMATS: readonly InstanceFormat[] = ["jsonl", "tfrecord", "native"];
const UNITS = { tokenize: "bytes", make: "shards", write: "instances" } as const;

export const command: CliCommand = {
  configure(cli, context) {
    cli.requiredOption("--corpus <files...>", "one sentence a line, a blank line between documents");
    addTokenizerFlags(cli)
      .addOption(
        new Option("--mode <mode>", "exact: the draws of create_pretraining_data.py; parallel: all cores")
          .choices(MODES)
          .default("exact"),
      )
      .addOption(new Option("--to <format>", "what is written").choices(FORMATS).default("native"))
      .requiredOption("--out <path>", "file to write; - for standard output (jsonl only)")
      .option(
        "--files <n>",
        "deal the instances out to n files, PATH-00000-of-0000n",
        wholeNumber(1, 99_999),
        1,
      )
      .option("--seed <n>", "seed of all draws", parseSeed, 12345)
      .option("--dupe-factor <n>", "passes over the corpus", wholeNumber(1), 10)
      .option("--max-length <n>", "tokens of an instance", wholeNumber(1), 128)
      .option("--max-predictions <n>", "masked positions of an instance", wholeNumber(1), 20)
      .option(
        "--short-sequence-probability <p>",
        "share of documents cut into shorter ones",
        numberBetween(0, 1),
        0.1,
      )
      .option("--masked-share <p>", "share of the tokens that is masked", numberBetween(0, 1), 0.15)
      .option("--whole-word", "mask all pieces of a word together")
      .option("--tmp <dir>", "folder of the spill files (default: beside the output)")
      .option(
        "--threads <n>",
        "threads that tokenize and, in mode parallel, make the instances",
        wholeNumber(1, 1024),
        availableParallelism(),
      )
      .option("--report <file>", "write the statistics as JSON")
      .option("--json", "print the statistics as JSON on standard output")
      .action((flags: Flags) => instances(flags, context));
    addExamples(
      cli,
      "clinicalbert instances --corpus corpus.txt --vocab vocab.txt --dupe-factor 5 --out train.instances",
      "clinicalbert instances --corpus c.txt --vocab vocab.txt --to tfrecord --files 4 --out train.tfrecord",
      "clinicalbert instances --corpus c.txt --vocab vocab.txt --to jsonl --seed 7 --out - | head -2",
    );
  },
};

async function instances(flags: Flags, context: CliContext): Promise<void> {
  const { mode, to: format, dupeFactor, maxLength, maxPredictions, maskedShare } = flags;
  const toStream = flags.out === "-";
  if (toStream && (format !== "jsonl" || flags.json === true || flags.files > 1))
    throw new ClinicalBertError("USAGE", "--out - takes --to jsonl, one file, and no --json beside it.");
  const settings = {
    seed: flags.seed,
    dupeFactor,
    maxLength,
    maxPredictions,
    shortSequenceProbability: flags.shortSequenceProbability,
    maskedShare,
    wholeWord: flags.wholeWord ?? false,
  };
  const tokenizer = openTokenizer(flags, context);
  const progress = stageProgress(context);
  const result = await writeInstances({
    files: flags.corpus,
    tokenizer,
    settings,
    mode,
    format,
    out: toStream ? await openOutput(context, "-") : flags.out,
    outputFiles: flags.files,
    ...(flags.tmp === undefined ? {} : { temporary: flags.tmp }),
    threads: flags.threads,
    signal: context.signal,
    onProgress: progress.update,
  });
  progress.finish();
  const report = { mode, ...result, settings: { ...settings, seed: String(settings.seed) } };
  if (flags.report !== undefined) await writeAtomic(flags.report, `${JSON.stringify(report, null, 1)}\n`);
  if (flags.json === true) context.stdout.write(`${JSON.stringify(report)}\n`);
  else context.stderr.write(describeInstances(result));
}

/** A progress line for each stage. */
function stageProgress(context: CliContext) {
  let stage = "";
  let progress: Progress | null = null;
  return {
    update(name: keyof typeof UNITS, done: number, total: number): void {
      if (name !== stage) {
        progress?.finish();
        progress = startProgress(context, name, total, UNITS[name]);
        stage = name;
      }
      progress?.update(done);
    },
    finish: (): void => progress?.finish(),
  };
}

function parseSeed(text: string): number | bigint {
  if (!/^-?\d{1,400}$/.test(text)) throw new InvalidArgumentError("A whole number is needed.");
  return BigInt(text);
}
