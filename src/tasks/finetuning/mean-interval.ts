/** @file Mean of a few runs and its 95 % interval by Student's t. */
import type { Interval } from "../scorers/bootstrap.js";
import { mean } from "../scorers/rates.js";

/** 97.5 % quantiles of Student's t for 1 to 30 degrees of freedom (any table of statistics); beyond, the normal one. */
const T_975 = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131,
  2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];
const NORMAL_975 = 1.96;

export interface MeanInterval {
  readonly mean: number;
  /** Sample standard deviation; null for one value. */
  readonly deviation: number | null;
  /** Of the mean; null for one value. */
  readonly interval: Interval | null;
  readonly count: number;
}

export function meanInterval(values: readonly number[]): MeanInterval {
  const count = values.length;
  const middle = mean(values);
  if (count < 2) return { mean: middle, deviation: null, interval: null, count };
  const squares = values.reduce((sum, value) => sum + (value - middle) ** 2, 0);
  const deviation = Math.sqrt(squares / (count - 1));
  const reach = ((T_975[count - 2] ?? NORMAL_975) * deviation) / Math.sqrt(count);
  return { mean: middle, deviation, interval: [middle - reach, middle + reach], count };
}
