/** @file A whole recipe from what a caller wants to say: the rest is the preset's, the classes are those of the training data. */
import { availableParallelism } from "node:os";
import type { Example } from "../example.js";
import { modelLabels } from "./finetune-data.js";
import { type FinetuneRecipe, type FinetuneTask, presetSettings } from "./recipe.js";

/** Values that the preset has otherwise; a value that is undefined is the preset's. */
export type FinetuneChanges = {
  readonly [Key in keyof Omit<FinetuneRecipe, "task" | "model" | "labels">]?: FinetuneRecipe[Key] | undefined;
};

/**
 * The recipe of `preset` (`default` where the changes do not name one) for `task`, starting from `model`: a folder, weights file,
 * TensorFlow prefix or hub id. On the processor with all its threads, unless the changes say otherwise.
 */
export function createFinetuneRecipe(
  task: FinetuneTask,
  model: string,
  train: readonly Example[],
  changes: FinetuneChanges = {},
): FinetuneRecipe {
  const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
  const preset = changes.preset ?? "default";
  const values = {
    ...presetSettings(preset),
    device: "cpu" as const,
    threads: availableParallelism(),
    ...(given as Partial<FinetuneRecipe>),
  };
  return { ...values, task, preset, model, labels: modelLabels(task, preset, values.scheme, train) };
}
