/** @file Exact span and type: the measure of NER, micro, macro and per class, with intervals by document. */
import { ClinicalBertError } from "../../errors.js";
import type { EntityExample } from "../example.js";
import { type BootstrapOptions, bootstrapIntervals, type Interval } from "./bootstrap.js";
import { mean, type Rates, ratesOf } from "./rates.js";

/** What is compared; an `EntityExample` is one. */
export type EntitySet = Pick<EntityExample, "id" | "entities"> & { readonly documentId?: string };

export interface RateIntervals {
  readonly precision: Interval;
  readonly recall: Interval;
  readonly f1: Interval;
}

export interface IntervalRates extends Rates {
  /** Absent without documents or resamples. */
  readonly intervals?: RateIntervals;
}

export interface EntityScores {
  readonly micro: IntervalRates;
  /** Means over the classes of gold or prediction; the counts are sums. */
  readonly macro: IntervalRates;
  /** By class, in the order of code units. */
  readonly classes: Readonly<Record<string, IntervalRates>>;
  readonly documents: number;
  /** Ids of gold that the prediction does not have; they count as without a predicted entity. */
  readonly missing: readonly string[];
}

/**
 * An entity is correct when gold has one of the same class with the same fragments in the same example; a second equal one on either
 * side counts nothing. Intervals draw whole documents (`documentId`). Throws `SCORE_MISMATCH` for an id that gold does not have.
 */
export function scoreEntities(
  gold: readonly EntitySet[],
  predicted: readonly EntitySet[],
  options: BootstrapOptions = {},
): EntityScores {
  const keyed = ({ id, documentId = id, entities }: EntitySet): KeyedSet => ({
    id,
    documentId,
    items: keysOf(entities),
  });
  return scoreKeyed(gold.map(keyed), predicted.map(keyed), options);
}

/** What is right when the other side has an equal key. */
export interface KeyedSet {
  readonly id: string;
  readonly documentId: string;
  /** Key to class; the key tells the class too. */
  readonly items: ReadonlyMap<string, string>;
}

/** As `scoreEntities`, for anything that can be told apart by a key. */
export function scoreKeyed(
  gold: readonly KeyedSet[],
  predicted: readonly KeyedSet[],
  options: BootstrapOptions = {},
): EntityScores {
  const predictions = new Map(predicted.map((set) => [set.id, set]));
  const labels = [...new Set([...gold, ...predicted].flatMap(({ items }) => [...items.values()]))].sort();
  const place = new Map(labels.map((label, index) => [label, index]));
  const byDocument = new Map<string, Float64Array>();
  const missing: string[] = [];
  for (const { id, documentId, items } of gold) {
    const counts = byDocument.get(documentId) ?? new Float64Array(3 * labels.length);
    byDocument.set(documentId, counts);
    const prediction = predictions.get(id);
    if (prediction === undefined) missing.push(id);
    else predictions.delete(id);
    addCounts(counts, place, items, prediction?.items ?? new Map());
  }
  const [unknown] = predictions.keys();
  if (unknown !== undefined)
    throw new ClinicalBertError(
      "SCORE_MISMATCH",
      `The prediction has ${predictions.size} ids that gold does not have; the first is ${unknown}.`,
      { details: { id: unknown, ids: predictions.size } },
    );
  const documents = [...byDocument.values()];
  const totals = new Float64Array(3 * labels.length);
  for (const counts of documents) for (const [index, count] of counts.entries()) totals[index]! += count;
  const intervals = bootstrapIntervals(documents, (sums) => resampled(labels, sums), options);
  const { micro, macro, classes } = summarize(labels, totals);
  const withIntervals = (rates: Rates, row: number): IntervalRates =>
    intervals === null
      ? rates
      : {
          ...rates,
          intervals: {
            precision: intervals[3 * row]!,
            recall: intervals[3 * row + 1]!,
            f1: intervals[3 * row + 2]!,
          },
        };
  return {
    micro: withIntervals(micro, 0),
    macro: withIntervals(macro, 1),
    classes: Object.fromEntries(
      labels.map((label, index) => [label, withIntervals(classes[index]!, index + 2)]),
    ),
    documents: documents.length,
    missing,
  };
}

/** Key of an entity to its class. */
function keysOf(entities: EntityExample["entities"]): Map<string, string> {
  return new Map(
    entities.map(({ label, spans }) => [`${spans.map((span) => span.join("-")).join(";")} ${label}`, label]),
  );
}

/** `counts` is [classes × (gold, predicted, correct)]. */
function addCounts(
  counts: Float64Array,
  place: ReadonlyMap<string, number>,
  gold: ReadonlyMap<string, string>,
  predicted: ReadonlyMap<string, string>,
): void {
  for (const label of gold.values()) counts[3 * place.get(label)!]! += 1;
  for (const [key, label] of predicted) {
    counts[3 * place.get(label)! + 1]! += 1;
    if (gold.has(key)) counts[3 * place.get(label)! + 2]! += 1;
  }
}

interface Summary {
  readonly micro: Rates;
  readonly macro: Rates;
  readonly classes: readonly Rates[];
}

function summarize(labels: readonly string[], totals: Float64Array): Summary {
  const classes = labels.map((_, index) =>
    ratesOf({ gold: totals[3 * index]!, predicted: totals[3 * index + 1]!, correct: totals[3 * index + 2]! }),
  );
  const sum = (key: "gold" | "predicted" | "correct"): number =>
    classes.reduce((total, rates) => total + rates[key], 0);
  const counts = { gold: sum("gold"), predicted: sum("predicted"), correct: sum("correct") };
  const macro = {
    ...counts,
    precision: mean(classes.map(({ precision }) => precision)),
    recall: mean(classes.map(({ recall }) => recall)),
    f1: mean(classes.map(({ f1 }) => f1)),
  };
  return { micro: ratesOf(counts), macro, classes };
}

/** The rates of a resample; a class that it does not have has none, and is not in its means. */
function resampled(labels: readonly string[], totals: Float64Array): number[] {
  const { micro, classes } = summarize(labels, totals);
  const present = classes.filter(({ gold, predicted }) => gold + predicted > 0);
  return [
    ...ratesAsList(micro),
    ...[0, 1, 2].map((index) => mean(present.map((rates) => ratesAsList(rates)[index]!))),
    ...classes.flatMap((rates) =>
      rates.gold + rates.predicted > 0 ? ratesAsList(rates) : [Number.NaN, Number.NaN, Number.NaN],
    ),
  ];
}

function ratesAsList({ precision, recall, f1 }: Rates): [number, number, number] {
  return [precision, recall, f1];
}
