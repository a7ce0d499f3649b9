/** @file Everything that decides the result of a fine-tuning run, as plain data; the sound default and the paper's recipe. */
import type { BertHead } from "../../bert/parameters.js";
import { ClinicalBertError } from "../../errors.js";
import type { Device } from "../../runtime/ort-node.js";
import type { TrainedScheme } from "./word-classes.js";

export type FinetuneTask = "ner" | "nli" | "classification";
export const FINETUNE_TASKS: readonly FinetuneTask[] = ["ner", "nli", "classification"];

/** `alsentzer2019` is the recipe of the paper's scripts with every quirk that FINETUNE_QUIRKS names. */
export type FinetunePreset = "default" | "alsentzer2019";
export const FINETUNE_PRESETS: readonly FinetunePreset[] = ["default", "alsentzer2019"];

export interface FinetuneRecipe {
  readonly task: FinetuneTask;
  readonly preset: FinetunePreset;
  /** Folder, weights file, TensorFlow prefix or hub id: configuration, vocabulary and, unless `fromScratch`, weights. */
  readonly model: string;
  /** Starts from random weights: what pretraining is worth. */
  readonly fromScratch: boolean;
  /** How entities become classes of words; for `ner` only. */
  readonly scheme: TrainedScheme;
  /** Classes of the model by index. */
  readonly labels: readonly string[];
  /** Longest sequence, special tokens included. */
  readonly maxLength: number;
  readonly epochs: number;
  readonly batchSize: number;
  /** Tokens that go through the graph at once; a batch of more is cut, which changes results by rounding only. */
  readonly tokensAtOnce: number;
  readonly learningRate: number;
  /** Share of all updates over which the rate rises. */
  readonly warmupShare: number;
  readonly weightDecay: number;
  readonly dropout: number;
  /** Of the initial head, the batch order and the dropout masks. */
  readonly seed: number;
  /** Weighs each class by the inverse of its frequency in the training set. */
  readonly classWeights: boolean;
  /** `dev` keeps the epoch with the best score on the development set, `last` the last one. */
  readonly select: "dev" | "last";
  /** Epochs without a better score on the development set before the run ends; with `select` `dev` only. */
  readonly patience: number;
  /** Minutes between full checkpoints; a run that is stopped by a signal saves one as well. */
  readonly checkpointMinutes: number;
  readonly device: Device;
  readonly threads: number;
}

/** What the preset `alsentzer2019` does otherwise than the default, by task. */
export interface FinetuneQuirks {
  /** Sub-words are labelled `X`, [CLS] and [SEP] are labels, padding is class 0; the loss sums all positions (run_ner.py:458–485, 607). */
  readonly labelsEverything: boolean;
  /** A sentence is cut after 148 word pieces, with no second window (run_ner.py:470). */
  readonly truncates: boolean;
  /** Predicted class 0 stands for class 3 of the list, which is not O (run_ner.py:852, 899). */
  readonly zeroIsThree: boolean;
  /** The last sentence of a file is lost (run_ner.py:198–219, without a trailing blank line). */
  readonly losesLastSentence: boolean;
  /** Shuffled through a buffer of 100 over the endless repetition of the data; the remainder is dropped. */
  readonly shuffleBuffer: number | null;
  /** Micro-batches whose means are averaged for one update, across the ends of epochs (run_classifier.py). */
  readonly accumulation: number;
  /** No bias correction, ε 1e-6, the published schedule. */
  readonly publishedOptimizer: boolean;
  /** Clips the gradient of each parameter, not all together (BertAdam). */
  readonly clipsEachParameter: boolean;
}

const NONE: FinetuneQuirks = {
  labelsEverything: false,
  truncates: false,
  zeroIsThree: false,
  losesLastSentence: false,
  shuffleBuffer: null,
  accumulation: 1,
  publishedOptimizer: false,
  clipsEachParameter: false,
};

export function quirksOf({ preset, task }: Pick<FinetuneRecipe, "preset" | "task">): FinetuneQuirks {
  if (preset === "default") return NONE;
  if (task === "ner")
    return {
      ...NONE,
      labelsEverything: true,
      truncates: true,
      zeroIsThree: true,
      losesLastSentence: true,
      shuffleBuffer: 100,
      publishedOptimizer: true,
    };
  return { ...NONE, accumulation: 2, publishedOptimizer: true, clipsEachParameter: true };
}

/** Heads of the model that a task trains. */
export function headsOf(task: FinetuneTask): readonly BertHead[] {
  return task === "ner" ? ["token-classification"] : ["pooler", "sequence-classification"];
}

type Settings = Omit<FinetuneRecipe, "task" | "preset" | "model" | "labels" | "threads" | "device">;

const DEFAULT: Settings = {
  fromScratch: false,
  scheme: "iob2",
  maxLength: 256,
  epochs: 5,
  batchSize: 16,
  tokensAtOnce: 4096,
  learningRate: 5e-5,
  warmupShare: 0.1,
  weightDecay: 0.01,
  dropout: 0.1,
  seed: 1,
  classWeights: false,
  select: "dev",
  patience: 2,
  checkpointMinutes: 10,
};

/** Values of a preset that flags may replace. The paper searched a grid; these are one point of it. */
export function presetSettings(preset: FinetunePreset): Settings {
  if (preset === "default") return DEFAULT;
  return { ...DEFAULT, maxLength: 150, epochs: 3, batchSize: 32, seed: 42, select: "last" };
}

/** Values whose change makes it another run. The others (device, threads, checkpoint rhythm, the path of the same model) may change on resuming. */
const FREE: ReadonlySet<keyof FinetuneRecipe> = new Set(["model", "checkpointMinutes", "device", "threads"]);

/** Names of the values in which two recipes differ so that one run cannot go on with the other. */
export function recipeDifferences(a: Partial<FinetuneRecipe>, b: FinetuneRecipe): string[] {
  const keys = Object.keys(b) as (keyof FinetuneRecipe)[];
  return keys.filter((key) => !FREE.has(key) && JSON.stringify(a[key]) !== JSON.stringify(b[key]));
}

/** Throws `TRAINING_RECIPE` naming the first value that no run can have. */
export function checkFinetuneRecipe(recipe: FinetuneRecipe, maxPositions: number): void {
  for (const key of ["epochs", "batchSize", "tokensAtOnce", "patience", "threads"] as const)
    if (!Number.isInteger(recipe[key]) || recipe[key] < 1)
      throw refuse(key, recipe[key], "a whole number of at least 1");
  const { maxLength, learningRate, warmupShare, dropout, weightDecay, seed } = recipe;
  if (!Number.isInteger(maxLength) || maxLength < 8 || maxLength > maxPositions)
    throw refuse("maxLength", maxLength, `a whole number from 8 to the model's ${maxPositions} positions`);
  if (!(learningRate > 0 && learningRate < 1))
    throw refuse("learningRate", learningRate, "a number between 0 and 1");
  if (!(warmupShare >= 0 && warmupShare < 1))
    throw refuse("warmupShare", warmupShare, "a number from 0 to below 1");
  if (!(dropout >= 0 && dropout < 1)) throw refuse("dropout", dropout, "a number from 0 to below 1");
  if (!(weightDecay >= 0 && weightDecay < 1))
    throw refuse("weightDecay", weightDecay, "a number from 0 to below 1");
  if (!Number.isInteger(seed) || seed < 0 || seed > 0xffffffff)
    throw refuse("seed", seed, "a whole number from 0 to 4294967295");
  const { accumulation, labelsEverything } = quirksOf(recipe);
  // Its list of classes and its loss are the script's: other tags would not be taught, weights not be used.
  if (labelsEverything && recipe.scheme !== "iob2")
    throw refuse("scheme", recipe.scheme, "iob2 in ner of the preset alsentzer2019");
  if (labelsEverything && recipe.classWeights)
    throw refuse("classWeights", true, "false in ner of the preset alsentzer2019");
  if (recipe.batchSize % accumulation !== 0)
    throw refuse(
      "batchSize",
      recipe.batchSize,
      `a multiple of the ${accumulation} accumulated micro-batches`,
    );
}

function refuse(name: string, value: number | string | boolean, allowed: string): ClinicalBertError {
  return new ClinicalBertError("TRAINING_RECIPE", `${name} is ${value}; it must be ${allowed}.`, {
    details: { name, value },
  });
}
