/** @file From the flags of `pretrain` to its recipe: start, vocabulary, notes or instances, micro-batch. */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { type BertConfig, readBertConfig } from "../bert/config.js";
import { openModel } from "../checkpoint/open-model.js";
import { startFormatWorkers } from "../corpus/format-workers.js";
import { ClinicalBertError } from "../errors.js";
import { openInstances } from "../instances/open-instances.js";
import { openNoteSides } from "../recipes/note-sides.js";
import { type PreparedRun, prepareRun } from "../recipes/pretrain-notes.js";
import type { OnStageProgress } from "../recipes/stage-folder.js";
import { createSectionSplitter } from "../sections/splitter.js";
import { openFastSplitter } from "../corpus/open-fast-splitter.js";
import { openSentenceSplitter } from "../sentences/open-splitter.js";
import { chooseMicroBatch } from "../training/memory.js";
import type { RunValues } from "../training/presets.js";
import { checkFit, type PretrainRecipe } from "../training/recipe.js";
import { readRun, runPaths } from "../training/run-directory.js";
import { fileError } from "../util/file-error.js";
import type { CliContext } from "./context.js";
import { readNoteFlags } from "./note-flags.js";
import type { PretrainFlags } from "./pretrain-flags.js";
import { sayRefusals } from "./refusals.js";
import { openTokenizer } from "./tokenizer-flags.js";

/** The model to start from and its vocabulary, where there is one. */
export type Start = Pick<PretrainRecipe, "config" | "init" | "vocabulary">;

/** Throws `USAGE` without --init or --config, or with both. */
export async function describeStart(
  flags: PretrainFlags,
  gelu: RunValues["gelu"],
  advice: string,
): Promise<Start> {
  if ((flags.init === undefined) === (flags.config === undefined))
    throw new ClinicalBertError(
      "USAGE",
      `pretrain needs either --init (weights to start from${advice}) or --config (to start from scratch).`,
    );
  const { config, vocabulary } =
    flags.init === undefined
      ? { config: await readConfigFile(flags.config!), vocabulary: null }
      : await describeInit(flags.init);
  return {
    config: gelu === "model" ? config : { ...config, hiddenActivation: gelu === "erf" ? "gelu" : "gelu_new" },
    init: flags.init ?? null,
    vocabulary: flags.vocab ?? vocabulary,
  };
}

/** Configuration of the model to start from, and the vocabulary beside it. */
async function describeInit(source: string): Promise<{ config: BertConfig; vocabulary: string | null }> {
  const model = await openModel(source);
  await model.close();
  const vocabulary = join(model.folder, "vocab.txt");
  const there = (await stat(vocabulary).catch(() => null)) !== null;
  return { config: model.config, vocabulary: there ? vocabulary : null };
}

async function readConfigFile(path: string): Promise<BertConfig> {
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

/** Makes the instances of --notes in the run folder, or goes on making them. */
export async function prepareNotes(
  flags: PretrainFlags & { readonly notes: readonly string[]; readonly out: string },
  values: RunValues,
  { config, vocabulary }: Start,
  context: CliContext,
  onProgress: OnStageProgress,
): Promise<PreparedRun> {
  if (vocabulary === null)
    throw new ClinicalBertError("USAGE", "There is no vocab.txt beside --init; --notes needs --vocab.");
  const tokenizer = openTokenizer({ vocab: vocabulary, case: flags.case, dialect: "google" }, context);
  checkFit(config, values.maxLength, tokenizer.vocabulary.tokens.length);
  const sentenceOptions = {
    splitter: flags.splitter,
    model: flags.splitterModel,
    sentenceRules: flags.splitter === "spacy" && flags.rules === "alsentzer2019" ? flags.rules : undefined,
  };
  const sentences = await (flags.threads === 1 ? openFastSplitter : openSentenceSplitter)(sentenceOptions);
  const { categories: _, ...filters } = readNoteFlags(flags);
  const notes = await openNoteSides(
    flags.notes,
    {
      ...filters,
      ...(values.categories.length === 0 ? {} : { categories: values.categories }),
      holdOutOneOf: values.holdOutOneOf,
    },
    sayRefusals(context),
  );
  const worker =
    flags.threads === 1
      ? null
      : startFormatWorkers(
          flags.threads,
          { sectionRules: flags.rules, sentences: sentenceOptions, byCategory: false, diff: null },
          context.signal,
        );
  try {
    const prepared = await prepareRun({
      ...{ folder: flags.out, notes, sentences, tokenizer, values, onProgress },
      sections: createSectionSplitter(flags.rules),
      ...(worker === null ? {} : { worker }),
      mode: flags.instanceMode,
      threads: flags.threads,
      signal: context.signal,
    });
    if (prepared.refusedNotes > 0)
      context.stderr.write(
        `clinicalbert: the section rules ${flags.rules} refuse ${prepared.refusedNotes} notes, as the published script loses them; corpus/*/refused.jsonl names each\n`,
      );
    return prepared;
  } finally {
    await worker?.close();
    await sentences.dispose?.();
  }
}

export interface Widths {
  readonly maxLength: number;
  readonly maxPredictions: number;
  /** Of the first instances; null where there are none yet. */
  readonly meanLength: number | null;
}

const LOOKED_AT = 2000;

/** Widths of the instances that are there, else of those that would be made. */
export async function widthsOf(files: readonly string[], values: RunValues): Promise<Widths> {
  if (files.length === 0)
    return { maxLength: values.maxLength, maxPredictions: values.maxPredictions, meanLength: null };
  const reader = await openInstances(files);
  try {
    const count = Math.min(reader.count, LOOKED_AT);
    let tokens = 0;
    for (let index = 0; index < count; index++) tokens += reader.read(index).ids.length;
    const { maxLength, maxPredictions } = reader;
    return { maxLength, maxPredictions, meanLength: count === 0 ? null : tokens / count };
  } finally {
    reader.close();
  }
}

const DEFAULT_MICRO_BATCH = 8;

/** The micro-batch: as given, as --memory allows, or as the run was begun with: a split from a budget is frozen at step 0. */
export async function microBatchOf(
  { memory, microBatch, out }: PretrainFlags,
  { batchSize, dropout }: RunValues,
  config: BertConfig,
  widths: () => Promise<Widths>,
): Promise<number> {
  if (memory === undefined) return Math.min(microBatch ?? DEFAULT_MICRO_BATCH, batchSize);
  if (microBatch !== undefined)
    throw new ClinicalBertError(
      "USAGE",
      "--memory chooses the micro-batch; give one of --memory and --micro-batch.",
    );
  const known = out === undefined ? null : await readRun(runPaths(out));
  if (known !== null) return known.recipe.microBatch;
  return chooseMicroBatch({ config, dropout, ...(await widths()) }, batchSize, memory);
}

/** The recipe of the run, from all its parts. */
export function recipeOf(
  flags: PretrainFlags,
  values: RunValues,
  start: Start,
  data: Pick<PretrainRecipe, "instances" | "heldOut" | "microBatch">,
): PretrainRecipe {
  const { steps, batchSize, learningRate, warmupSteps, dropout, seed, order } = values;
  const { evaluateEvery, evaluateSequences, checkpointEvery, keepCheckpoints } = values;
  return {
    ...start,
    ...data,
    ...{ steps, batchSize, learningRate, warmupSteps, dropout, seed, order },
    ...{ evaluateEvery, evaluateSequences, checkpointEvery, keepCheckpoints },
    device: flags.device,
    threads: flags.threads,
  };
}
