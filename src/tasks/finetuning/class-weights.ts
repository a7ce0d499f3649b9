/** @file Weights of classes that make rare ones count as much as frequent ones. */
import { type Feature, IGNORED } from "./feature.js";

/** answers / (classes · answers of the class), as scikit-learn's `balanced`; 1 for a class that never occurs. */
export function balancedClassWeights(features: readonly Feature[], classCount: number): number[] {
  const counts = new Array<number>(classCount).fill(0);
  for (const { labels } of features) for (const label of labels) if (label !== IGNORED) counts[label]!++;
  const answers = counts.reduce((sum, count) => sum + count, 0);
  const present = counts.filter((count) => count > 0).length;
  return counts.map((count) => (count === 0 ? 1 : answers / (present * count)));
}
