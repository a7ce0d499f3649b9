/** @file `clinicalbert predict`: classes of texts or pairs, or entities of notes, by what the model was fine-tuned for. */
import { openModel, resolveModel } from "../../checkpoint/index.js";
import { ClinicalBertError } from "../../errors.js";
import { AGGREGATION_STRATEGIES, type AggregationStrategy, pipeline } from "../../pipelines/index.js";
import { classifyTexts } from "../../pipelines/text-classification.js";
import type { TextOrPair } from "../../tokens/index.js";
import {
  type Entity,
  openNoteTagger,
  readModelShapeFile,
  REPLACEMENTS,
  type Replacement,
} from "../../tasks/index.js";
import {
  type AnnotationFlags,
  addAnnotationFlags,
  annotateLines,
  checkAnnotationFlags,
} from "../annotation-flags.js";
import { batchCalls } from "../batch-calls.js";
import { addExamples, type CliCommand, type CliContext } from "../context.js";
import { deidentifyNotes } from "../deid-notes.js";
import { filterJsonLines, type JsonObject } from "../json-lines.js";
import { addModelFlags, LINES_AT_ONCE, type ModelFlags, modelOptions, textOf } from "../model-flags.js";
import { OFFSETS_FLAG, OFFSETS_HELP, parseOffsetUnit, spanConverter } from "../offset-units.js";
import { numberBetween, oneOf, wholeNumber } from "../options.js";

interface PredictFlags extends ModelFlags, AnnotationFlags {
  readonly replace?: Replacement;
  readonly threshold?: number;
  readonly key?: string;
  readonly task?: string;
  readonly aggregation: AggregationStrategy;
  readonly stride?: number;
  readonly topK?: number;
}

const TASKS: Readonly<Record<string, "token-classification" | "text-classification">> = {
  BertForTokenClassification: "token-classification",
  BertForSequenceClassification: "text-classification",
};

const RUNS: Readonly<
  Record<string, (context: CliContext, files: readonly string[], flags: PredictFlags) => Promise<void>>
> = {
  "token-classification": tagNotes,
  "text-classification": classify,
  deid: deidentifyNotes,
};

export const command: CliCommand = {
  configure(command, context) {
    addAnnotationFlags(addModelFlags(command))
      .argument(
        "[files...]",
        "JSON lines with id and text (and text_pair); standard input when none is given",
      )
      .option(
        "--task <name>",
        "token-classification, text-classification (default: what the model's config.json says) or deid",
      )
      .option(
        "--aggregation <name>",
        `how word pieces become entities: ${AGGREGATION_STRATEGIES.join(", ")}`,
        "first",
      )
      .option("--stride <n>", "tokens that two windows of a long note share", wholeNumber(0))
      .option("--top-k <n>", "classes of each text", wholeNumber(1), 1)
      .option(
        "--replace <kind>",
        `deid: also a copy of the note, with ${REPLACEMENTS.join(" or ")}`,
        oneOf(REPLACEMENTS),
      )
      .option(
        "--threshold <p>",
        "deid: least probability of PHI (default: the measured one, else 0.1)",
        numberBetween(0.0001, 1),
      )
      .option(
        "--key <file>",
        "deid: key of the surrogates, made where it is missing (default: one for this run)",
      )
      .option(OFFSETS_FLAG, OFFSETS_HELP, parseOffsetUnit, "utf16")
      .action(async (files: string[], flags: PredictFlags) => {
        checkAnnotationFlags(flags);
        const task = flags.task ?? (await taskOf(flags));
        const run = Object.hasOwn(RUNS, task) ? RUNS[task] : undefined;
        if (run === undefined)
          throw new ClinicalBertError(
            "USAGE",
            `--task is ${task}; it must be one of ${Object.keys(RUNS).join(", ")}.`,
          );
        await run(context, files, flags);
      });
    addExamples(
      command,
      "clinicalbert predict --model ./ner notes.jsonl > entities.jsonl",
      "clinicalbert predict --model ./ner --format brat --out predicted/ notes.jsonl",
      "clinicalbert predict --task deid --model ./deid --replace surrogate --key deid.key notes.jsonl > copies.jsonl",
      `echo '{"text":"He has a fever.","text_pair":"He is well."}' | clinicalbert predict --model ./nli --top-k 3`,
    );
  },
};

async function taskOf(flags: PredictFlags): Promise<string> {
  const model = await openModel(flags.model, flags.offline === true ? { offline: true } : {});
  await model.close();
  const [architecture] = (model.configJson["architectures"] ?? []) as string[];
  const task = TASKS[architecture ?? ""];
  if (task === undefined)
    throw new ClinicalBertError(
      "USAGE",
      `${flags.model} (${architecture ?? "no architecture"}) does not say what it predicts.`,
      {
        remedy: "Give --task token-classification or --task text-classification.",
      },
    );
  return task;
}

async function tagNotes(context: CliContext, files: readonly string[], flags: PredictFlags): Promise<void> {
  const { format } = flags;
  if (format !== undefined && flags.aggregation === "none")
    throw new ClinicalBertError(
      "USAGE",
      `--format ${format} needs entities; --aggregation none gives word pieces.`,
    );
  const tagger = await openNoteTagger(flags.model, modelOptions(flags, context));
  const { aggregation: aggregation_strategy, stride } = flags;
  try {
    const run = batchCalls((texts: readonly string[]) =>
      tagger.tag(texts, {
        aggregation_strategy,
        ...(stride === undefined ? {} : { stride }),
        signal: context.signal,
      }),
    );
    if (format !== undefined) {
      const find = async (text: string): Promise<Entity[]> =>
        (await run(text)).map(({ entity_group, start, end }) => ({
          label: entity_group!,
          spans: [[start, end]],
        }));
      await annotateLines(context, files, { ...flags, format }, find, LINES_AT_ONCE);
      return;
    }
    const answer = async (record: JsonObject): Promise<JsonObject> => {
      const text = textOf(record);
      const convert = spanConverter(text, flags.offsets);
      const entities = (await run(text)).map(({ word: _, start, end, ...entity }) => ({
        ...entity,
        span: convert([start, end]),
      }));
      return { entities };
    };
    await filterJsonLines(context, files, answer, LINES_AT_ONCE);
  } finally {
    await tagger.dispose();
  }
}

async function classify(context: CliContext, files: readonly string[], flags: PredictFlags): Promise<void> {
  if (flags.format !== undefined)
    throw new ClinicalBertError(
      "USAGE",
      `--format ${flags.format} is for entities; this model gives classes of texts.`,
    );
  const classifier = await pipeline("text-classification", flags.model, modelOptions(flags, context));
  const { tokenizer, model } = classifier;
  try {
    const run = batchCalls((texts: readonly TextOrPair[]) =>
      classifyTexts(tokenizer, model, texts, { top_k: flags.topK ?? 1 }),
    );
    const { folder } = await resolveModel(
      flags.model,
      flags.offline === true ? { offline: true } : {},
      false,
    );
    // Half a pair has a class too, which means nothing.
    const needsPairs = (await readModelShapeFile(folder))?.task === "nli";
    const answer = async (record: JsonObject): Promise<JsonObject> => {
      const text = textOf(record);
      if (needsPairs) textOf(record, "text_pair");
      return { labels: await run("text_pair" in record ? [text, textOf(record, "text_pair")] : text) };
    };
    await filterJsonLines(context, files, answer, LINES_AT_ONCE);
  } finally {
    await classifier.dispose();
  }
}
