/** @file The published learning-rate schedule, in float32 as TensorFlow computes it. */

export interface Schedule {
  /** Peak that the linear decay starts from. */
  readonly learningRate: number;
  /** The step at which the decay reaches 0. */
  readonly totalSteps: number;
  readonly warmupSteps: number;
}

/**
 * Rate of the update at `step` (0-based `global_step`), float32. Linear warm-up while step < warmupSteps, else linear decay
 * **of the same global step**, so that the rate drops where they meet (google-research/bert optimization.py:29–54).
 */
export function learningRateAt(step: number, { learningRate, totalSteps, warmupSteps }: Schedule): number {
  const f = Math.fround;
  const peak = f(learningRate);
  if (step < warmupSteps) return f(peak * f(f(step) / f(warmupSteps)));
  const progress = f(f(Math.min(step, totalSteps)) / f(totalSteps));
  return f(peak * f(1 - progress));
}
