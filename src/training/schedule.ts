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

/**
 * Rate of the update at `step`: linear warm-up, then a linear decay from the peak itself to 0 at `totalSteps`, without the
 * published drop where they meet (transformers `get_linear_schedule_with_warmup`).
 */
export function continuousRateAt(step: number, { learningRate, totalSteps, warmupSteps }: Schedule): number {
  if (step < warmupSteps) return (learningRate * step) / warmupSteps;
  return learningRate * Math.max(0, (totalSteps - step) / Math.max(1, totalSteps - warmupSteps));
}
