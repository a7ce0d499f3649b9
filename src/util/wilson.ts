/** @file Wilson's interval of a proportion: honest bounds for an accuracy on few examples. */

/** The 97.5 % quantile of the standard normal distribution. */
const Z = 1.959963984540054;

/** 95 % interval of the rate behind `hits` of `trials`; [0, 1] without trials. */
export function wilsonInterval(hits: number, trials: number): readonly [low: number, high: number] {
  if (trials === 0) return [0, 1];
  const rate = hits / trials;
  const square = (Z * Z) / trials;
  const middle = rate + square / 2;
  const reach = Z * Math.sqrt((rate * (1 - rate)) / trials + square / (4 * trials));
  return [Math.max(0, (middle - reach) / (1 + square)), Math.min(1, (middle + reach) / (1 + square))];
}
