/** @file `clinicalbert evaluate model`: a fine-tuned model on a labelled test set. */
import { availableParallelism } from "node:os";
import type { Command } from "commander";
import { ClinicalBertError } from "../errors.js";
import type { TextEncoding } from "../notes/text-encoding.js";
import { DEVICES, type Device } from "../runtime/ort-node.js";
import {
  type EntityPrediction,
  type FinetuneTask,
  readFinetuneData,
  readModelShape,
  splitHash,
  type TestedModel,
  testModel,
} from "../tasks/finetuning/index.js";
import {
  type EntityExample,
  type Example,
  type ExampleFormat,
  formatExamples,
  predictedExamples,
  WRITTEN_FORMATS,
  type WrittenFormat,
} from "../tasks/index.js";
import { countReasons, requireFolder, writeAnnotations } from "./annotation-output.js";
import { addExamples, type CliContext } from "./context.js";
import { describe, printClasses } from "./finetune-report.js";
import { addExampleFlags } from "./example-flags.js";
import { oneOf, wholeNumber } from "./options.js";
import { withOutput } from "./output.js";

interface ModelTestFlags {
  readonly model: string;
  readonly test: string[];
  readonly format?: ExampleFormat;
  readonly encoding: TextEncoding;
  readonly mergeLabels?: string;
  readonly predictions?: string;
  readonly predictionsFormat?: WrittenFormat;
  readonly samples: number;
  readonly seed: number;
  readonly threads: number;
  readonly device: Device;
  readonly dtype: "fp32" | "q8";
  readonly json?: true;
}

export function configureModelTest(command: Command, context: CliContext): void {
  command
    .description("score a fine-tuned model on a labelled test set")
    .requiredOption("--model <source>", "the model/ folder of a finetune run, or any fine-tuned BERT")
    .requiredOption("--test <paths...>", "labelled examples");
  addExampleFlags(command, " of the test set")
    .option("--predictions <path>", "write the predictions: JSON lines with ids, spans and classes, no text")
    .option(
      "--predictions-format <name>",
      `of entities, with their texts: ${WRITTEN_FORMATS.join(", ")} (a folder for brat, con, i2b2-xml)`,
      oneOf(WRITTEN_FORMATS),
    )
    .option("--samples <n>", "bootstrap resamples; 0 for no intervals", wholeNumber(0, 1_000_000), 1000)
    .option("--seed <n>", "of the bootstrap", wholeNumber(0, 2 ** 32 - 1), 1)
    .option("--threads <n>", "threads of the arithmetic", wholeNumber(1), availableParallelism())
    .option("--device <name>", DEVICES.join(", "), oneOf(DEVICES), "cpu")
    .option(
      "--dtype <type>",
      "fp32 or q8: what 8-bit weights cost on this task",
      oneOf(["fp32", "q8"]),
      "fp32",
    )
    .option("--json", "the scores as JSON")
    .action((flags: ModelTestFlags) => run(context, flags));
  addExamples(
    command,
    "clinicalbert evaluate model --model runs/ner/model --test test.tsv",
    "clinicalbert evaluate model --model runs/mednli/model --test mli_test_v1.jsonl --format nli --json",
  );
}

async function run(context: CliContext, flags: ModelTestFlags): Promise<void> {
  const { model, samples, seed, threads, device, dtype } = flags;
  const shape = await readModelShape(model);
  checkPredictionFlags(flags, shape.task);
  const { data, notices } = await readFinetuneData(shape.task, {
    train: flags.test,
    dev: [],
    test: [],
    ...(flags.format === undefined ? {} : { format: flags.format }),
    encoding: flags.encoding,
    ...(flags.mergeLabels === undefined ? {} : { mergeLabels: flags.mergeLabels }),
    split: null,
  });
  const examples = data.train;
  const tested = await testModel(model, shape, examples, {
    samples,
    seed,
    threads,
    device,
    dtype,
    signal: context.signal,
  });
  for (const notice of [...notices, ...tested.notices]) context.stderr.write(`clinicalbert: ${notice}\n`);
  if (flags.predictions !== undefined && flags.predictionsFormat !== undefined) {
    const format = flags.predictionsFormat;
    const formatted = formatExamples(predicted(examples, tested), format, { scheme: shape.scheme });
    await writeAnnotations(context, format, flags.predictions, formatted.files);
    if (formatted.problems.length > 0)
      context.stderr.write(
        `clinicalbert: ${format} cannot hold all predictions as they are${countReasons(formatted.problems)}\n`,
      );
  } else if (flags.predictions !== undefined)
    await withOutput(context, flags.predictions, async (output) => {
      for (const prediction of tested.predictions) await output.write(`${JSON.stringify(prediction)}\n`);
    });
  const { scores } = tested;
  const hash = splitHash(examples);
  if (flags.json === true) {
    const report = { task: shape.task, examples: examples.length, documents_sha256: hash, ...scores };
    context.stdout.write(`${JSON.stringify(report)}\n`);
    return;
  }
  context.stdout.write(`${examples.length} examples, documents sha256 ${hash}\n`);
  context.stdout.write(`${scores.metric}: ${describe(scores)}\n`);
  printClasses(context, scores);
}

function checkPredictionFlags({ predictions, predictionsFormat }: ModelTestFlags, task: FinetuneTask): void {
  if (predictionsFormat === undefined) return;
  if (task !== "ner")
    throw new ClinicalBertError(
      "USAGE",
      "--predictions-format is for entities; this model gives classes of texts.",
    );
  if (predictions === undefined)
    throw new ClinicalBertError("USAGE", "--predictions-format needs --predictions, a file or a folder.");
  requireFolder("--predictions-format", predictionsFormat, predictions, "--predictions");
}

function predicted(examples: readonly Example[], { predictions }: TestedModel): EntityExample[] {
  return predictedExamples(examples as readonly EntityExample[], predictions as readonly EntityPrediction[]);
}
