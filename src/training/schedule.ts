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

/** β₁ and β₂ of the published optimizer (google-research/bert optimization.py:59–65). */
const [BETA_1, BETA_2] = [0.9, 0.999];
/** By then β₂ to its power is under 5e-5, and moments are as good as corrected. */
const SETTLED = 10_000;

/**
 * The step (0-based) whose update is the largest, and the rate at which Adam *with* bias correction would make one as large for
 * gradients of constant size: the published optimizer divides by a second moment that still remembers its start at 0, so an update
 * is (1 − β₁ⁿ) / √(1 − β₂ⁿ) times as large as the rate says after n of them: 3.2 times at first, 6.5 near step 12, 3 at step 100.
 */
export function largestUpdate(schedule: Schedule): { readonly step: number; readonly rate: number } {
  let largest = { step: 0, rate: 0 };
  for (
    let step = 0;
    step < Math.min(schedule.totalSteps, Math.max(SETTLED, schedule.warmupSteps + 1));
    step++
  ) {
    const factor = (1 - BETA_1 ** (step + 1)) / Math.sqrt(1 - BETA_2 ** (step + 1));
    const rate = factor * learningRateAt(step, schedule);
    if (rate > largest.rate) largest = { step, rate };
  }
  return largest;
}
