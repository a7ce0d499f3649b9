/**
 * @file The exact measure of clinicalBERT's `score_i2b2.py`: a concept is right when the other side has one with the same text, lines,
 * tokens and type. Quirks kept, by name: *duplicates*: each of two equal concepts counts, on both sides, so that precision and
 * recall have different numerators; *strings*: `1:07` is not `1:7`; *division by zero*: the script fails where a side is empty or
 * nothing is right, here the rates are 0 and `scriptFails` says so.
 */
import type { Concept } from "../readers/i2b2-concepts.js";
import { roundHalfEven } from "./conlleval.js";
import { harmonicMean } from "./rates.js";

export interface ConceptScores {
  readonly gold: number;
  readonly predicted: number;
  /** Predicted concepts that gold has; duplicates count. */
  readonly correctPredicted: number;
  /** Gold concepts that the prediction has; duplicates count. */
  readonly foundGold: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** The published script ends with ZeroDivisionError on these files. */
  readonly scriptFails: boolean;
  /** The two lines that the script prints. */
  readonly report: string;
}

/** Scores the concepts of one document, or of many whose lines are numbered through. */
export function scoreConcepts(gold: readonly Concept[], predicted: readonly Concept[]): ConceptScores {
  const goldKeys = gold.map(conceptKey);
  const predictedKeys = predicted.map(conceptKey);
  const goldSet = new Set(goldKeys);
  const predictedSet = new Set(predictedKeys);
  const correctPredicted = predictedKeys.filter((key) => goldSet.has(key)).length;
  const foundGold = goldKeys.filter((key) => predictedSet.has(key)).length;
  const precision = predicted.length === 0 ? 0 : correctPredicted / predicted.length;
  const recall = gold.length === 0 ? 0 : foundGold / gold.length;
  const f1 = harmonicMean(precision, recall);
  const rates = [precision, recall, f1].map((rate) => roundHalfEven(rate, 5));
  return {
    gold: gold.length,
    predicted: predicted.length,
    correctPredicted,
    foundGold,
    precision,
    recall,
    f1,
    scriptFails: precision + recall === 0,
    report: `Predicted events: ${predicted.length}, Gold events: ${gold.length}\nExact Precision: ${rates[0]}, Recall: ${rates[1]}, F1: ${rates[2]}\n`,
  };
}

/** Equal for concepts that the script holds equal. */
export function conceptKey({ quote, place, label }: Concept): string {
  return JSON.stringify([quote, ...place, label]);
}
