/** @file Accuracy, confusion matrix and rates per class of single labels (NLI, classification), with intervals by document. */
import { ClinicalBertError } from "../../errors.js";
import { type BootstrapOptions, bootstrapIntervals, type Interval } from "./bootstrap.js";
import { mean, type Rates, ratesOf } from "./rates.js";

export interface LabelledItem {
  readonly id: string;
  readonly label: string;
  readonly documentId?: string;
}

export interface LabelScores {
  readonly accuracy: number;
  /** Of the accuracy; documents are drawn whole. */
  readonly interval: Interval | null;
  readonly macroF1: number;
  readonly macroF1Interval: Interval | null;
  /** All labels of gold and prediction, sorted. */
  readonly labels: readonly string[];
  /** `[gold][predicted]`, in the order of `labels`. */
  readonly confusion: readonly (readonly number[])[];
  readonly classes: Readonly<Record<string, Rates>>;
  readonly items: number;
  readonly documents: number;
}

/**
 * Compares item by item, by id. Throws `SCORE_MISMATCH` when the ids differ, `SCORE_EMPTY` without items: an accuracy of nothing is
 * no number.
 */
export function scoreLabels(
  gold: readonly LabelledItem[],
  predicted: readonly Pick<LabelledItem, "id" | "label">[],
  options: BootstrapOptions = {},
): LabelScores {
  if (gold.length === 0) throw new ClinicalBertError("SCORE_EMPTY", "Gold has no items.");
  const predictions = new Map(predicted.map(({ id, label }) => [id, label]));
  const lacking = gold.filter(({ id }) => !predictions.has(id));
  if (lacking.length > 0 || predictions.size !== gold.length)
    throw new ClinicalBertError(
      "SCORE_MISMATCH",
      `Gold has ${gold.length} items and the prediction ${predictions.size}, without ${lacking.length} of gold's ids${lacking.length > 0 ? `; the first is ${lacking[0]!.id}` : ""}.`,
      { details: { gold: gold.length, predicted: predictions.size, id: lacking[0]?.id ?? null } },
    );
  const labels = [...new Set([...gold.map(({ label }) => label), ...predictions.values()])].sort();
  const size = labels.length;
  const place = new Map(labels.map((label, index) => [label, index]));
  const byDocument = new Map<string, Float64Array>();
  for (const { id, label, documentId = id } of gold) {
    const matrix = byDocument.get(documentId) ?? new Float64Array(size * size);
    byDocument.set(documentId, matrix);
    matrix[place.get(label)! * size + place.get(predictions.get(id)!)!]! += 1;
  }
  const documents = [...byDocument.values()];
  const totals = new Float64Array(size * size);
  for (const matrix of documents) for (const [index, count] of matrix.entries()) totals[index]! += count;
  const intervals = bootstrapIntervals(
    documents,
    (sums) => {
      // As scikit-learn would score the resample alone: a class that it does not have is none of its classes.
      const present = classRates(sums, size).filter(({ gold, predicted }) => gold + predicted > 0);
      return [accuracyOf(sums, size), mean(present.map(({ f1 }) => f1))];
    },
    options,
  );
  const classes = classRates(totals, size);
  return {
    accuracy: accuracyOf(totals, size),
    interval: intervals?.[0] ?? null,
    macroF1: mean(classes.map(({ f1 }) => f1)),
    macroF1Interval: intervals?.[1] ?? null,
    labels,
    confusion: labels.map((_, row) => Array.from(totals.subarray(row * size, (row + 1) * size))),
    classes: Object.fromEntries(labels.map((label, index) => [label, classes[index]!])),
    items: gold.length,
    documents: documents.length,
  };
}

function accuracyOf(matrix: Float64Array, size: number): number {
  let hits = 0;
  for (let index = 0; index < size; index++) hits += matrix[index * size + index]!;
  return hits / matrix.reduce((sum, count) => sum + count, 0);
}

function classRates(matrix: Float64Array, size: number): Rates[] {
  return Array.from({ length: size }, (_, index) => {
    let [gold, predicted] = [0, 0];
    for (let other = 0; other < size; other++) {
      gold += matrix[index * size + other]!;
      predicted += matrix[other * size + index]!;
    }
    return ratesOf({ gold, predicted, correct: matrix[index * size + index]! });
  });
}
