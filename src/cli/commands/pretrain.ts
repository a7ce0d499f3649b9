/** @file `clinicalbert pretrain`: trains a BERT on instances, from published weights or from scratch. */

import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { availableParallelism } from "node:os";
import { type Command, Option } from "commander";
import { readBertConfig } from "../../bert/config.js";
import { openModel } from "../../checkpoint/open-model.js";
import { ClinicalBertError } from "../../errors.js";
import { DEVICES, type Device } from "../../runtime/ort-node.js";
import type { PretrainEvent, PretrainOutcome } from "../../training/pretrain.js";
import { INSTANCE_ORDERS, type InstanceOrder, type PretrainRecipe } from "../../training/recipe.js";
import { startPretraining } from "../../training/start-pretraining.js";
import { fileError } from "../../util/file-error.js";
import { addExamples, type CliCommand, type CliContext } from "../context.js";
import { numberBetween, wholeNumber } from "../options.js";
import { type Progress, startProgress } from "../progress.js";

interface PretrainFlags {
  readonly init?: string;
  readonly config?: string;
  readonly vocab?: string;
  readonly instances: string[];
  readonly heldOut?: string[];
  readonly order: InstanceOrder;
  readonly steps: number;
  readonly batch: number;
  readonly microBatch: number;
  readonly dropout: number;
  readonly seed: number;
  readonly learningRate: number;
  readonly warmup: number;
  readonly checkpointEvery: number;
  readonly keep: number;
  readonly threads: number;
  readonly device: Device;
  readonly out: string;
  readonly json?: true;
}

/** Warm-up below this share of the steps is worth a word: the optimizer has no bias correction. */
const SHORT_WARMUP = 0.1;

export const command: CliCommand = {
  configure(command, context) {
    addOptions(command);
    command.action(async (flags: PretrainFlags) => {
      const recipe = await recipeOf(flags);
      if (recipe.warmupSteps < SHORT_WARMUP * recipe.steps && recipe.steps < 10_000)
        context.stderr.write(`clinicalbert: ${WARMUP_ADVICE}\n`);
      const view = createView(context, recipe, flags.json === true);
      const outcome = await startPretraining(
        { recipe, folder: flags.out },
        { signal: context.signal, onEvent: view.onEvent },
      ).finally(() => view.finish());
      report(context, outcome, flags);
    });
    addExamples(
      command,
      "clinicalbert pretrain --init biobert_v1.1_pubmed --instances notes.tfrecord --steps 150000 --out runs/bio-clinical",
      "clinicalbert pretrain --config small.json --vocab vocab.txt --instances notes.instances --steps 1000 --warmup 100 --learning-rate 1e-3 --out runs/small",
    );
    command.addHelpText(
      "after",
      `\n${OPTIMIZER_NOTE}\nStopped runs (Ctrl-C, a crash, kill -9) go on where they were when the same command is given again.\n`,
    );
  },
};

const OPTIMIZER_NOTE =
  "The optimizer is the published one: Adam without bias correction. Its first real update is about 3.2 times the rate, up to\n6.5 times near step 12 and still 3 times at step 100: give a run a warm-up.";
const WARMUP_ADVICE =
  "the warm-up is under a tenth of this short run, and the published optimizer makes early updates several times the rate; consider --warmup of a tenth of --steps.";

function addOptions(command: Command): void {
  command
    .option("--init <source>", "weights to start from: a model folder, a weights file, a TensorFlow prefix")
    .option("--config <file>", "config.json of a model to start from scratch, instead of --init")
    .option("--vocab <file>", "vocab.txt to put beside the trained model (default: the one beside --init)")
    .requiredOption("--instances <files...>", "instances to train on: native files or TFRecords")
    .option("--held-out <files...>", "instances of other patients, evaluated at the end")
    .requiredOption("--steps <n>", "updates in all; the rate falls to 0 at the last", wholeNumber(1))
    .requiredOption("--out <folder>", "the run folder; an unfinished run in it is continued")
    .option("--batch <n>", "sequences an update", wholeNumber(1), 32)
    .option("--micro-batch <n>", "sequences at once in memory", wholeNumber(1), 8)
    .option("--learning-rate <rate>", "peak learning rate", numberBetween(0, 1), 5e-5)
    .option("--warmup <n>", "steps of linear warm-up", wholeNumber(0), 10_000)
    .option("--dropout <p>", "dropout probability, hidden and attention", numberBetween(0, 0.999), 0.1)
    .option("--seed <n>", "seed of initial heads, order and dropout", wholeNumber(0, 0xffffffff), 12345)
    .option("--checkpoint-every <n>", "steps between full checkpoints", wholeNumber(1), 1000)
    .option("--keep <n>", "checkpoints kept", wholeNumber(1), 2)
    .option("--threads <n>", "threads of the arithmetic", wholeNumber(1), availableParallelism())
    .addOption(new Option("--device <name>", "where the arithmetic runs").choices(DEVICES).default("cpu"))
    .addOption(
      new Option("--order <order>", "read instances as they stand in the files, or shuffled anew every epoch")
        .choices(INSTANCE_ORDERS)
        .default("file"),
    )
    .option("--json", "print the outcome as one JSON object");
}

async function recipeOf(flags: PretrainFlags): Promise<PretrainRecipe> {
  if ((flags.init === undefined) === (flags.config === undefined))
    throw new ClinicalBertError(
      "USAGE",
      "pretrain needs either --init (weights to start from) or --config (to start from scratch).",
    );
  const { config, vocabulary } =
    flags.init === undefined
      ? { config: await readConfigFile(flags.config!), vocabulary: null }
      : await describeInit(flags.init);
  return {
    config,
    init: flags.init ?? null,
    instances: flags.instances,
    heldOut: flags.heldOut ?? [],
    order: flags.order,
    steps: flags.steps,
    batchSize: flags.batch,
    microBatch: Math.min(flags.microBatch, flags.batch),
    learningRate: flags.learningRate,
    warmupSteps: flags.warmup,
    dropout: flags.dropout,
    seed: flags.seed,
    checkpointEvery: flags.checkpointEvery,
    keepCheckpoints: flags.keep,
    device: flags.device,
    threads: flags.threads,
    vocabulary: flags.vocab ?? vocabulary,
  };
}

/** Configuration of the model to start from, and the vocabulary beside it. */
async function describeInit(source: string): Promise<Pick<PretrainRecipe, "config" | "vocabulary">> {
  const model = await openModel(source);
  await model.close();
  const vocabulary = join(model.folder, "vocab.txt");
  const there = (await stat(vocabulary).catch(() => null)) !== null;
  return { config: model.config, vocabulary: there ? vocabulary : null };
}

async function readConfigFile(path: string): Promise<PretrainRecipe["config"]> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw fileError(error, path);
  }
  try {
    return readBertConfig(JSON.parse(text), path);
  } catch (error) {
    if (error instanceof ClinicalBertError) throw error;
    throw new ClinicalBertError("BERT_CONFIG", `${path} is not JSON.`, { details: { path } });
  }
}

interface View {
  onEvent(event: PretrainEvent): void;
  finish(): void;
}

function createView(context: CliContext, { steps, batchSize }: PretrainRecipe, json: boolean): View {
  let progress: Progress | null = null;
  let first = 0;
  return {
    onEvent(event) {
      if (event.kind === "started") {
        first = event.step;
        for (const notice of event.notices) context.stderr.write(`clinicalbert: ${notice}\n`);
        if (!json)
          context.stderr.write(
            `clinicalbert: ${event.parameters} parameters, step ${event.step} of ${event.steps}\n`,
          );
        progress = startProgress(context, "pretrain", (steps - first) * batchSize, "sequences");
      } else if (event.kind === "step") {
        const {
          step,
          loss,
          masked_lm_accuracy: masked,
          next_sentence_accuracy: next,
          learning_rate: rate,
        } = event.metrics;
        const numbers = `step ${step} loss ${loss.toFixed(3)} mlm ${masked.toFixed(3)} nsp ${next.toFixed(3)} lr ${rate.toExponential(2)}`;
        progress?.update((step - first) * batchSize, numbers);
      }
    },
    finish: () => progress?.finish(),
  };
}

function report(context: CliContext, outcome: PretrainOutcome, { out, json }: PretrainFlags): void {
  if (json === true) context.stdout.write(`${JSON.stringify(outcome)}\n`);
  if (!outcome.finished)
    throw new ClinicalBertError("ABORTED", `Stopped after ${outcome.step} updates; ${out} keeps them.`, {
      remedy: "Give the same command again to go on.",
    });
  if (json === true) return;
  context.stdout.write(`trained ${outcome.step} updates; the model is in ${outcome.model}\n`);
  if (outcome.evaluation === null) return;
  const { maskedLmLoss, maskedLmAccuracy, nextSentenceAccuracy, sequences } = outcome.evaluation;
  context.stdout.write(
    `held out (${sequences} sequences): masked-LM loss ${maskedLmLoss.toFixed(4)}, accuracy ${maskedLmAccuracy.toFixed(4)}, next-sentence accuracy ${nextSentenceAccuracy.toFixed(4)}\n`,
  );
}
