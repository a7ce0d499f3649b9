/** @file The examples of a run, checked: kinds, classes, classes that training never shows. */
import { ClinicalBertError } from "../../errors.js";
import type { EntityExample, Example, LabelExample } from "../example.js";
import { publishedLabels } from "./published-labels.js";
import type { FinetunePreset, FinetuneTask } from "./recipe.js";
import { tagsOf, type TrainedScheme } from "./word-classes.js";

/** Parts of a data set by their use; `dev` and `test` may be missing. */
export interface FinetuneData {
  readonly train: readonly Example[];
  readonly dev: readonly Example[] | null;
  readonly test: readonly Example[] | null;
}

export function isEntityExample(example: Example): example is EntityExample {
  return example.kind === "entities";
}

/** The classes of a part: entity types for `ner`, else labels. */
export function labelsAmong(examples: readonly Example[]): Set<string> {
  return new Set(
    examples.flatMap((example) =>
      isEntityExample(example) ? example.entities.map(({ label }) => label) : [example.label],
    ),
  );
}

/**
 * Classes of the model by index. Entities: `O`, then the tags of the types in alphabetical order; texts: labels in alphabetical
 * order (contradiction, entailment, neutral: run_classifier.py:240). The preset's tagger has the published list, see `publishedLabels`.
 */
export function modelLabels(
  task: FinetuneTask,
  preset: FinetunePreset,
  scheme: TrainedScheme,
  train: readonly Example[],
): string[] {
  const labels = [...labelsAmong(train)].sort();
  if (task !== "ner") return labels;
  return preset === "default" ? tagsOf(labels, scheme) : publishedLabels(labels);
}

/**
 * Throws `FINETUNE_DATA` for an empty part, examples of the wrong kind, a single class, or entities that nobody marked in the parts that
 * train and choose the epoch; `FINETUNE_LABEL` for a class in the
 * other parts that the training part never shows (unless `allowUnseen`).
 */
export function checkFinetuneData(task: FinetuneTask, data: FinetuneData, allowUnseen: boolean): void {
  const parts = Object.entries(data) as [keyof FinetuneData, readonly Example[] | null][];
  for (const [part, examples] of parts) if (examples !== null) checkKinds(task, part, examples);
  const known = labelsAmong(data.train);
  if (task === "ner")
    for (const part of ["train", "dev"] as const)
      if (data[part] !== null && labelsAmong(data[part]).size === 0)
        throw refuse(`The ${part} data mark no entity.`, { part });
  if (task !== "ner" && known.size < 2)
    throw refuse(`The train data have only the label ${JSON.stringify([...known][0])}.`, { part: "train" });
  if (allowUnseen) return;
  for (const [part, examples] of parts) {
    const unseen = [...labelsAmong(examples ?? [])].filter((label) => !known.has(label)).sort();
    if (unseen.length === 0) continue;
    const first = examples!.find((example) => [...labelsAmong([example])].includes(unseen[0]!))!;
    throw new ClinicalBertError(
      "FINETUNE_LABEL",
      `The ${part} data have labels that the train data never show: ${unseen.join(", ")} (${unseen[0]} first in example ${first.id}); known are ${[...known].sort().join(", ")}.`,
      { details: { part, unseen, known: [...known].sort(), example: first.id } },
    );
  }
}

/** Throws `FINETUNE_DATA` for a part that is empty, or has an example that the task is not about. */
export function checkKinds(task: FinetuneTask, part: string, examples: readonly Example[]): void {
  if (examples.length === 0) throw refuse(`The ${part} data have no example.`, { part });
  const kind = task === "ner" ? "entities" : "label";
  const other = examples.find((example) => example.kind !== kind);
  if (other !== undefined)
    throw refuse(
      `The ${part} data hold ${other.kind === "label" ? "labels of whole texts" : "marked entities"} (example ${other.id}), which ${task} is not about.`,
      { part, example: other.id },
    );
  if (task !== "nli") return;
  const single = (examples as readonly LabelExample[]).find(({ pair }) => pair === undefined);
  if (single === undefined) return;
  throw refuse(`Example ${single.id} of the ${part} data has one text; nli needs pairs.`, {
    part,
    example: single.id,
  });
}

function refuse(message: string, details: Record<string, string>): ClinicalBertError {
  return new ClinicalBertError("FINETUNE_DATA", message, { details });
}
