/** @file Precision, recall and F1 from counts. */

export interface Counts {
  readonly gold: number;
  readonly predicted: number;
  readonly correct: number;
}

/** All in [0, 1]; 0 where a denominator is 0, as in conlleval and seqeval. */
export interface Rates extends Counts {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

export function ratesOf({ gold, predicted, correct }: Counts): Rates {
  const precision = predicted === 0 ? 0 : correct / predicted;
  const recall = gold === 0 ? 0 : correct / gold;
  return { gold, predicted, correct, precision, recall, f1: harmonicMean(precision, recall) };
}

export function harmonicMean(precision: number, recall: number): number {
  return precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
}

export function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
