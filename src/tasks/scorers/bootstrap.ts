/** @file Percentile bootstrap intervals (Efron & Tibshirani 1993, ch. 13): whole documents are drawn with replacement. */
import { createWords, STREAMS } from "../../util/counter-random.js";

export type Interval = readonly [low: number, high: number];

export interface BootstrapOptions {
  /** Resamples (default 1000); 0 for no intervals. */
  readonly samples?: number;
  /** Default 1. Equal seeds give equal intervals on any machine. */
  readonly seed?: number;
  /** Default 0.95. */
  readonly confidence?: number;
}

/**
 * Intervals of several statistics of the sum over `documents` of count vectors, each [width]. `statistics` maps the summed counts
 * to the values; a value that is not finite in a resample is left out of its interval. Without documents: no intervals.
 */
export function bootstrapIntervals(
  documents: readonly ArrayLike<number>[],
  statistics: (totals: Float64Array) => readonly number[],
  { samples = 1000, seed = 1, confidence = 0.95 }: BootstrapOptions = {},
): Interval[] | null {
  if (documents.length === 0 || samples === 0) return null;
  const width = documents[0]!.length;
  const values: number[][] = [];
  const totals = new Float64Array(width);
  for (let sample = 0; sample < samples; sample++) {
    const nextWord = createWords(STREAMS.bootstrap, seed, [sample, 0, 0]);
    totals.fill(0);
    for (let draw = 0; draw < documents.length; draw++) {
      const counts = documents[Math.floor((nextWord() / 2 ** 32) * documents.length)]!;
      for (let index = 0; index < width; index++) totals[index] = totals[index]! + counts[index]!;
    }
    for (const [index, value] of statistics(totals).entries()) {
      values[index] ??= [];
      if (Number.isFinite(value)) values[index].push(value);
    }
  }
  const tail = (1 - confidence) / 2;
  return values.map((each) => {
    const sorted = Float64Array.from(each).sort();
    return [quantile(sorted, tail), quantile(sorted, 1 - tail)];
  });
}

/** Linear between neighbours, as numpy's default. NaN of nothing. */
function quantile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const low = sorted[below] ?? Number.NaN;
  return low + (place - below) * ((sorted[below + 1] ?? low) - low);
}
