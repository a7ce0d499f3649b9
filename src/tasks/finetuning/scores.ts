/** @file What one number says of a run, and the counts behind it: exact spans and labels for entities, accuracy for texts. */
import type { EntityExample, LabelExample } from "../example.js";
import type { EntityPrediction, LabelPrediction } from "./predictions.js";

/** Counts of one class: entities of exactly its span and label, or texts. */
export interface ClassCounts {
  readonly correct: number;
  readonly predicted: number;
  readonly gold: number;
}

export interface Scores {
  /** `f1` is the micro-average over all classes; of discontinuous gold entities the fragments are one span list. */
  readonly metric: "f1" | "accuracy";
  /** From 0 to 1: what the best epoch is chosen by. */
  readonly score: number;
  readonly precision: number;
  readonly recall: number;
  readonly classes: Readonly<Record<string, ClassCounts>>;
  /** Examples, in order: correct, predicted, gold; what an interval is drawn from. */
  readonly byExample: readonly (readonly [correct: number, predicted: number, gold: number])[];
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** An entity is found when label and all spans are exactly those of the gold entity; each counts once. */
export function scoreEntities(
  gold: readonly EntityExample[],
  predicted: readonly EntityPrediction[],
): Scores {
  const classes: Record<string, Mutable<ClassCounts>> = {};
  const countsOf = (label: string): Mutable<ClassCounts> =>
    (classes[label] ??= { correct: 0, predicted: 0, gold: 0 });
  const byExample = gold.map(({ entities }, index): [number, number, number] => {
    const key = ({ label, spans }: (typeof entities)[number]): string => `${label} ${spans.join(" ")}`;
    const wanted = new Set(entities.map(key));
    for (const { label } of new Map(entities.map((entity) => [key(entity), entity])).values())
      countsOf(label).gold++;
    let correct = 0;
    for (const entity of predicted[index]!.entities) {
      countsOf(entity.label).predicted++;
      if (!wanted.has(key(entity))) continue;
      countsOf(entity.label).correct++;
      correct++;
    }
    return [correct, predicted[index]!.entities.length, wanted.size];
  });
  const [correct, found, wanted] = sums(byExample);
  return {
    metric: "f1",
    score: f1(correct, found, wanted),
    precision: found === 0 ? 0 : correct / found,
    recall: wanted === 0 ? 0 : correct / wanted,
    classes,
    byExample,
  };
}

export function scoreLabels(gold: readonly LabelExample[], predicted: readonly LabelPrediction[]): Scores {
  const classes: Record<string, Mutable<ClassCounts>> = {};
  const countsOf = (label: string): Mutable<ClassCounts> =>
    (classes[label] ??= { correct: 0, predicted: 0, gold: 0 });
  const byExample = gold.map(({ label }, index): [number, number, number] => {
    const answer = predicted[index]!.label;
    countsOf(label).gold++;
    countsOf(answer).predicted++;
    if (answer === label) countsOf(label).correct++;
    return [answer === label ? 1 : 0, 1, 1];
  });
  const [correct] = sums(byExample);
  const accuracy = gold.length === 0 ? 0 : correct / gold.length;
  return { metric: "accuracy", score: accuracy, precision: accuracy, recall: accuracy, classes, byExample };
}

/** 2·correct / (predicted + gold), 0 when there is neither: also the accuracy, where both are the number of texts. */
export function f1(correct: number, predicted: number, gold: number): number {
  return predicted + gold === 0 ? 0 : (2 * correct) / (predicted + gold);
}

export function sums(counts: Scores["byExample"]): [correct: number, predicted: number, gold: number] {
  const total: [number, number, number] = [0, 0, 0];
  for (const each of counts) for (const at of [0, 1, 2] as const) total[at] += each[at];
  return total;
}
