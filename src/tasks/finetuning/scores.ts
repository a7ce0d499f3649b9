/** @file The one number that says how good a run is, and the scores behind it. */
import type { EntityExample, LabelExample } from "../example.js";
import type { BootstrapOptions, Interval } from "../scorers/bootstrap.js";
import { type EntityScores, scoreEntities } from "../scorers/entities.js";
import { type LabelScores, scoreLabels } from "../scorers/labels.js";
import type { EntityPrediction, LabelPrediction } from "./predictions.js";

export interface Scores {
  /** `f1` is the micro-average of exact spans and classes. */
  readonly metric: "f1" | "accuracy";
  /** From 0 to 1: what the best epoch is chosen by. */
  readonly score: number;
  /** 95 % bootstrap interval over documents; null where none was asked for. */
  readonly interval: Interval | null;
  readonly details: EntityScores | LabelScores;
}

export function entityScores(
  gold: readonly EntityExample[],
  predicted: readonly EntityPrediction[],
  options: BootstrapOptions,
): Scores {
  const details = scoreEntities(gold, predicted, options);
  const { f1, intervals } = details.micro;
  return { metric: "f1", score: f1, interval: intervals?.f1 ?? null, details };
}

export function labelScores(
  gold: readonly LabelExample[],
  predicted: readonly LabelPrediction[],
  options: BootstrapOptions,
): Scores {
  const details = scoreLabels(gold, predicted, options);
  return { metric: "accuracy", score: details.accuracy, interval: details.interval, details };
}
