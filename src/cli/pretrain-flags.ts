/** @file The flags of `pretrain`, and the values of a run that they give. Flags have no defaults of their own: presets and defaults have sources. */
import { availableParallelism } from "node:os";
import { type Command, Option } from "commander";
import type { InstanceMode } from "../instances/settings.js";
import { type Device, DEVICES } from "../runtime/ort-node.js";
import { SECTION_RULES, type SectionRules } from "../sections/index.js";
import { SENTENCE_SPLITTERS } from "../sentences/open-splitter.js";
import { PRESET_NAMES, type PresetName, type RunValues } from "../training/presets.js";
import { INSTANCE_ORDERS, type InstanceOrder } from "../training/recipe.js";
import { addNoteFlags, type NoteFlags } from "./note-flags.js";
import { byteSize, numberBetween, wholeNumber } from "./options.js";

export interface PretrainFlags extends NoteFlags {
  readonly preset?: PresetName;
  readonly init?: string;
  readonly config?: string;
  readonly vocab?: string;
  readonly case: "cased" | "uncased" | "infer";
  readonly notes?: readonly string[];
  readonly rules: SectionRules;
  readonly splitter: string;
  readonly splitterModel?: string;
  readonly instanceMode: InstanceMode;
  readonly instances?: readonly string[];
  readonly heldOut?: readonly string[];
  readonly order?: InstanceOrder;
  readonly steps?: number;
  readonly batch?: number;
  readonly microBatch?: number;
  readonly memory?: number;
  readonly dropout?: number;
  readonly gelu?: "erf" | "tanh";
  readonly seed?: number;
  readonly learningRate?: number;
  readonly warmup?: number;
  readonly maxLength?: number;
  readonly maxPredictions?: number;
  readonly dupeFactor?: number;
  readonly maskedShare?: number;
  readonly shortSequenceProbability?: number;
  readonly holdOut?: number;
  readonly evaluateEvery?: number;
  readonly evaluateSequences?: number;
  readonly checkpointEvery?: number;
  readonly keep?: number;
  readonly threads: number;
  readonly device: Device;
  readonly out?: string;
  readonly explain?: true;
  readonly dryRun?: true;
  readonly json?: true;
}

/** The names of the values as their flags have them. */
export const FLAG_NAMES: Readonly<Record<keyof RunValues, string>> = {
  steps: "--steps",
  batchSize: "--batch",
  learningRate: "--learning-rate",
  warmupSteps: "--warmup",
  dropout: "--dropout",
  gelu: "--gelu",
  order: "--order",
  seed: "--seed",
  maxLength: "--max-length",
  maxPredictions: "--max-predictions",
  dupeFactor: "--dupe-factor",
  maskedShare: "--masked-share",
  shortSequenceProbability: "--short-sequence-probability",
  categories: "--category",
  holdOutOneOf: "--hold-out",
  evaluateSequences: "--evaluate-sequences",
  evaluateEvery: "--evaluate-every",
  checkpointEvery: "--checkpoint-every",
  keepCheckpoints: "--keep",
};

/** What the command line says of the values of a run. */
export function givenValues(flags: PretrainFlags): Partial<RunValues> {
  const given: { [Key in keyof RunValues]: RunValues[Key] | undefined } = {
    steps: flags.steps,
    batchSize: flags.batch,
    learningRate: flags.learningRate,
    warmupSteps: flags.warmup,
    dropout: flags.dropout,
    gelu: flags.gelu,
    order: flags.order,
    seed: flags.seed,
    maxLength: flags.maxLength,
    maxPredictions: flags.maxPredictions,
    dupeFactor: flags.dupeFactor,
    maskedShare: flags.maskedShare,
    shortSequenceProbability: flags.shortSequenceProbability,
    categories: flags.category,
    holdOutOneOf: flags.holdOut,
    evaluateSequences: flags.evaluateSequences,
    evaluateEvery: flags.evaluateEvery,
    checkpointEvery: flags.checkpointEvery,
    keepCheckpoints: flags.keep,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

export function addPretrainFlags(command: Command): void {
  command
    .addOption(
      new Option("--preset <name>", "a published pretraining; every value can be overridden").choices(
        PRESET_NAMES,
      ),
    )
    .option("--explain", "print every value with its source, and do nothing")
    .option("--dry-run", "measure a few steps; print days, memory and disk of the whole run")
    .option(
      "--init <source>",
      "weights to start from: a model folder, a weights file, a TensorFlow prefix, a hub id",
    )
    .option("--config <file>", "config.json of a model to start from scratch, instead of --init")
    .option("--vocab <file>", "vocab.txt (default: the one beside --init)")
    .addOption(
      new Option("--case <case>", "of the vocabulary; infer asks it, and says so")
        .choices(["cased", "uncased", "infer"])
        .default("infer"),
    )
    .option("--notes <sources...>", "notes to train on: .csv, .jsonl, .parquet, .txt, folders, postgres://")
    .option("--instances <files...>", "instances to train on instead: native files, TFRecords, JSON lines")
    .option("--held-out <files...>", "with --instances: instances of other patients, to evaluate on")
    .option("--out <folder>", "the run folder; an unfinished run in it is continued")
    .option("--steps <n>", "updates in all; the rate falls to 0 at the last", wholeNumber(1))
    .option("--batch <n>", "sequences an update (32)", wholeNumber(1))
    .option("--micro-batch <n>", "sequences at once in memory (8)", wholeNumber(1))
    .option("--memory <size>", "chooses the micro-batch for this much memory, e.g. 4GB", byteSize)
    .option("--learning-rate <rate>", "peak learning rate (5e-5)", numberBetween(0, 1))
    .option("--warmup <n>", "steps of linear warm-up (10000)", wholeNumber(0))
    .option("--dropout <p>", "dropout probability, hidden and attention (0.1)", numberBetween(0, 0.999))
    .addOption(
      new Option(
        "--gelu <form>",
        "erf: the released weights; tanh: Google's later code (default: as configured)",
      ).choices(["erf", "tanh"]),
    )
    .option("--seed <n>", "seed of instances, heads, order and dropout (12345)", wholeNumber(0, 0xffffffff))
    .addOption(
      new Option(
        "--order <order>",
        "file: as they stand (default); shuffled: each once an epoch; interleaved: the published reader",
      ).choices(INSTANCE_ORDERS),
    )
    .option(
      "--evaluate-every <n>",
      "steps between evaluations on held-out instances; 0: at the end (5000)",
      wholeNumber(0),
    )
    .option("--evaluate-sequences <n>", "held-out instances an evaluation; 0: all (1000)", wholeNumber(0))
    .option("--checkpoint-every <n>", "steps between full checkpoints (1000)", wholeNumber(1))
    .option("--keep <n>", "checkpoints kept, beside the best weights (2)", wholeNumber(1))
    .option("--max-length <n>", "with --notes: tokens of an instance (128)", wholeNumber(5))
    .option("--max-predictions <n>", "with --notes: masked positions of an instance (20)", wholeNumber(1))
    .option("--dupe-factor <n>", "with --notes: passes over the corpus (5)", wholeNumber(1))
    .option(
      "--masked-share <p>",
      "with --notes: share of the tokens that is masked (0.15)",
      numberBetween(0, 1),
    )
    .option(
      "--short-sequence-probability <p>",
      "with --notes: share of shorter ones (0.1)",
      numberBetween(0, 1),
    )
    .option("--hold-out <n>", "with --notes: one patient of n is held out (20)", wholeNumber(2))
    .addOption(
      new Option("--instance-mode <mode>", "with --notes: Google's own draws, or all cores")
        .choices(["exact", "parallel"])
        .default("exact"),
    )
    .addOption(
      new Option("--rules <set>", "with --notes: section rules").choices(SECTION_RULES).default("corrected"),
    )
    .addOption(
      new Option("--splitter <name>", "with --notes: sentence splitter")
        .choices(SENTENCE_SPLITTERS)
        .default("rules"),
    )
    .option("--splitter-model <path>", "for --splitter spacy: folder or archive of a spaCy pipeline")
    .option("--threads <n>", "threads of the arithmetic", wholeNumber(1), availableParallelism())
    .addOption(new Option("--device <name>", "where the arithmetic runs").choices(DEVICES).default("cpu"));
  addNoteFlags(command).option("--json", "print the outcome as one JSON object");
}
