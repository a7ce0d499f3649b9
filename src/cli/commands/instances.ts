/** @file `clinicalbert instances`: a formatted corpus to masked-LM and next-sentence instances. */
import { availableParallelism } from "node:os";
import { ClinicalBertError } from "../../errors.js";
import { type InstanceFormat, type InstanceMode, writeInstances } from "../../instances/index.js";
import { writeAtomic } from "../../util/atomic-file.js";
import { addExamples, type CliCommand, type CliContext } from "../context.js";
import { describeInstances } from "../instance-report.js";
import { openOutput } from "../output.js";
import { startProgress } from "../progress.js";
import { parseWhole } from "../sizes.js";
import { addTokenizerFlags, openTokenizer, type TokenizerFlags } from "../tokenizer-flags.js";

interface Flags extends TokenizerFlags {
  readonly mode: string;
  readonly corpus: readonly string[];
  readonly to: string;
  readonly out: string;
  readonly seed: string;
  readonly dupeFactor: string;
  readonly maxLength: string;
  readonly maxPredictions: string;
  readonly shortSequenceProbability: string;
  readonly maskedShare: string;
  readonly wholeWord?: boolean;
  readonly tmp?: string;
  readonly threads?: string;
  readonly files: string;
  readonly report?: string;
  readonly json?: boolean;
}

const MODES: readonly InstanceMode[] = ["exact", "parallel"];
const FORMATS: readonly InstanceFormat[] = ["jsonl", "tfrecord", "native"];

export const command: CliCommand = {
  configure(cli, context) {
    cli.requiredOption("--corpus <files...>", "one sentence a line, a blank line between documents");
    addTokenizerFlags(cli)
      .option("--mode <mode>", "exact: the draws of create_pretraining_data.py; parallel: all cores", "exact")
      .option("--to <format>", "jsonl, tfrecord or native", "native")
      .requiredOption("--out <path>", "file to write; - for standard output (jsonl only)")
      .option("--files <n>", "deal the instances out to n files, PATH-00000-of-0000n", "1")
      .option("--seed <n>", "seed of all draws", "12345")
      .option("--dupe-factor <n>", "passes over the corpus", "10")
      .option("--max-length <n>", "tokens of an instance", "128")
      .option("--max-predictions <n>", "masked positions of an instance", "20")
      .option("--short-sequence-probability <p>", "share of documents cut into shorter instances", "0.1")
      .option("--masked-share <p>", "share of the tokens that is masked", "0.15")
      .option("--whole-word", "mask all pieces of a word together")
      .option("--tmp <dir>", "folder of the spill files (default: beside the output)")
      .option("--threads <n>", "worker threads of mode parallel (default: all cores)")
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
  const mode = oneOf("--mode", flags.mode, MODES);
  const format = oneOf("--to", flags.to, FORMATS);
  const toStream = flags.out === "-";
  if (toStream && (format !== "jsonl" || flags.json === true))
    throw new ClinicalBertError("USAGE", "--out - takes --to jsonl only, and not --json beside it.");
  const outputFiles = parseWhole("--files", flags.files, 1, 99_999);
  if (toStream && outputFiles > 1) throw new ClinicalBertError("USAGE", "--out - is one file.");
  const settings = {
    seed: parseSeed(flags.seed),
    dupeFactor: parseWhole("--dupe-factor", flags.dupeFactor, 1),
    maxLength: parseWhole("--max-length", flags.maxLength),
    maxPredictions: parseWhole("--max-predictions", flags.maxPredictions),
    shortSequenceProbability: parseShare("--short-sequence-probability", flags.shortSequenceProbability),
    maskedShare: parseShare("--masked-share", flags.maskedShare),
    wholeWord: flags.wholeWord ?? false,
  };
  const tokenizer = openTokenizer(flags, context);
  const progress = startProgress(context, "instances", 1, "");
  const result = await writeInstances({
    files: flags.corpus,
    tokenizer,
    settings,
    mode,
    format,
    out: toStream ? await openOutput(context, "-") : flags.out,
    outputFiles,
    ...(flags.tmp === undefined ? {} : { temporary: flags.tmp }),
    threads:
      flags.threads === undefined ? availableParallelism() : parseWhole("--threads", flags.threads, 1, 1024),
    signal: context.signal,
    onProgress: (stage, done, total) => progress.update(done / total, stage),
  });
  progress.finish();
  const report = { mode, ...result, settings: { ...settings, seed: String(settings.seed) } };
  if (flags.report !== undefined) await writeAtomic(flags.report, `${JSON.stringify(report, null, 1)}\n`);
  if (flags.json === true) context.stdout.write(`${JSON.stringify(report)}\n`);
  else context.stderr.write(describeInstances(result));
}

function parseSeed(text: string): bigint {
  if (!/^-?\d{1,400}$/.test(text))
    throw new ClinicalBertError("USAGE", `--seed is "${text}"; it must be a whole number.`);
  return BigInt(text);
}

function parseShare(flag: string, text: string): number {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (value >= 0 && value <= 1) return value;
  throw new ClinicalBertError("USAGE", `${flag} is "${text}"; it must be a number from 0 to 1.`);
}

function oneOf<T extends string>(flag: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((name) => name === value);
  if (found !== undefined) return found;
  throw new ClinicalBertError("USAGE", `${flag} is "${value}"; it must be one of ${allowed.join(", ")}.`);
}
