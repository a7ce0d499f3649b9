/** @file Everything that decides the result of a pretraining run, as plain data. */

import type { BertConfig } from "../bert/config.js";
import { ClinicalBertError } from "../errors.js";
import type { Device } from "../runtime/ort-node.js";

export type InstanceOrder = "file" | "shuffled" | "interleaved";
export const INSTANCE_ORDERS: readonly InstanceOrder[] = ["file", "shuffled", "interleaved"];

export interface PretrainRecipe {
  readonly config: BertConfig;
  /** Weights to start from (folder, file or TensorFlow prefix); null starts from random ones. */
  readonly init: string | null;
  /** Files of instances, native or TFRecord, all of one width. */
  readonly instances: readonly string[];
  /** Instances of held-out patients, evaluated during the run and at the end; may be empty. */
  readonly heldOut: readonly string[];
  /** Steps between evaluations; 0 evaluates at the end alone. */
  readonly evaluateEvery: number;
  /** Held-out instances that an evaluation takes at most; 0 takes all. */
  readonly evaluateSequences: number;
  /**
   * `file`: as they stand, again and again (instance creation has shuffled them). `shuffled`: every epoch in a new keyed order,
   * each instance once. `interleaved`: the published reader, four files in turn and a buffer of a hundred records.
   */
  readonly order: InstanceOrder;
  readonly steps: number;
  readonly batchSize: number;
  /** Sequences at once; divides nothing: the last micro-batch of a batch may be smaller. */
  readonly microBatch: number;
  readonly learningRate: number;
  readonly warmupSteps: number;
  readonly dropout: number;
  readonly seed: number;
  readonly checkpointEvery: number;
  /** Checkpoints kept. */
  readonly keepCheckpoints: number;
  readonly device: Device;
  readonly threads: number;
  /** Vocabulary to put beside the trained model. */
  readonly vocabulary: string | null;
}

/** Values whose change makes it another run. The others (device, threads, checkpoint rhythm) may change on resuming. */
const DECISIVE = [
  "config",
  "order",
  "steps",
  "batchSize",
  "microBatch",
  "learningRate",
  "warmupSteps",
  "dropout",
  "seed",
] as const satisfies readonly (keyof PretrainRecipe)[];

/** Names of the values in which two recipes differ so that one run cannot go on with the other. */
export function recipeDifferences(a: Partial<PretrainRecipe>, b: PretrainRecipe): string[] {
  return DECISIVE.filter((key) => JSON.stringify(a[key]) !== JSON.stringify(b[key]));
}

/** Throws `TRAINING_INSTANCE` when instances of `maxLength` tokens, or of a vocabulary of that size, do not fit the model. */
export function checkFit(config: BertConfig, maxLength: number, vocabularySize = config.vocabSize): void {
  if (maxLength > config.maxPositions)
    throw new ClinicalBertError(
      "TRAINING_INSTANCE",
      `The instances have ${maxLength} tokens, the model has ${config.maxPositions} positions.`,
      { remedy: `Make instances with --max-length ${config.maxPositions}.` },
    );
  if (vocabularySize > config.vocabSize)
    throw new ClinicalBertError(
      "TRAINING_INSTANCE",
      `The vocabulary has ${vocabularySize} tokens, the model has ${config.vocabSize}.`,
      { remedy: "Give the vocabulary that belongs to the model with --vocab." },
    );
}

/** Throws `TRAINING_RECIPE` naming the first value that no run can have. */
export function checkRecipe(recipe: PretrainRecipe): void {
  const whole = (
    key: "steps" | "batchSize" | "microBatch" | "checkpointEvery" | "keepCheckpoints" | "threads",
  ): void => {
    if (!Number.isInteger(recipe[key]) || recipe[key] < 1)
      throw refuse(key, recipe[key], "a whole number of at least 1");
  };
  for (const key of [
    "steps",
    "batchSize",
    "microBatch",
    "checkpointEvery",
    "keepCheckpoints",
    "threads",
  ] as const)
    whole(key);
  const { warmupSteps, learningRate, dropout, seed } = recipe;
  for (const key of ["evaluateEvery", "evaluateSequences"] as const)
    if (!Number.isInteger(recipe[key]) || recipe[key] < 0)
      throw refuse(key, recipe[key], "a whole number of at least 0");
  if (!Number.isInteger(warmupSteps) || warmupSteps < 0)
    throw refuse("warmupSteps", warmupSteps, "a whole number of at least 0");
  if (!(learningRate > 0 && learningRate < 1))
    throw refuse("learningRate", learningRate, "a number between 0 and 1");
  if (!(dropout >= 0 && dropout < 1)) throw refuse("dropout", dropout, "a number from 0 to below 1");
  if (!Number.isInteger(seed) || seed < 0 || seed > 0xffffffff)
    throw refuse("seed", seed, "a whole number from 0 to 4294967295");
}

function refuse(name: string, value: number, allowed: string): ClinicalBertError {
  return new ClinicalBertError("TRAINING_RECIPE", `${name} is ${value}; it must be ${allowed}.`, {
    details: { name, value },
  });
}
