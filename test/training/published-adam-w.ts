/** @file The published optimizer once more, element by element as optimization.py:120–152 reads, with a switch for each way to get it wrong. */
import type { DecaySegment } from "../../src/training/adam-w.js";
import { learningRateAt, type Schedule } from "../../src/training/schedule.js";

export type Mutant =
  | "bias correction"
  | "decay of LayerNorm and biases"
  | "epsilon inside the square root"
  | "0.999 rounded to float32 before 1 − β"
  | "clip after the moments"
  | "clip coefficient with PyTorch's +1e-6"
  | "learning rate one step late";

export const OPTIMIZER_MUTANTS: readonly Mutant[] = [
  "bias correction",
  "decay of LayerNorm and biases",
  "epsilon inside the square root",
  "0.999 rounded to float32 before 1 − β",
  "clip after the moments",
  "clip coefficient with PyTorch's +1e-6",
  "learning rate one step late",
];

type Numbers = Float32Array | Float64Array;

export interface FlatState {
  readonly weights: Numbers;
  readonly gradients: Numbers;
  readonly firstMoments: Numbers;
  readonly secondMoments: Numbers;
}

/** One whole update at `step` in place: rate, clip, moments, decay. Arithmetic in float64, stored in what the arrays hold. */
export function publishedStep(
  { weights, gradients, firstMoments, secondMoments }: FlatState,
  segments: readonly DecaySegment[],
  step: number,
  schedule: Schedule,
  mutant?: Mutant,
): void {
  const rate = learningRateAt(mutant === "learning rate one step late" ? step + 1 : step, schedule);
  let squares = 0;
  for (const gradient of gradients) squares += gradient * gradient;
  const norm = Math.sqrt(squares);
  const clip =
    mutant === "clip coefficient with PyTorch's +1e-6"
      ? Math.min(1, 1 / (norm + 1e-6))
      : Math.min(1, 1 / norm);
  const [before, after] = mutant === "clip after the moments" ? [1, clip] : [clip, 1];
  const rest2 = mutant === "0.999 rounded to float32 before 1 − β" ? 1 - Math.fround(0.999) : 1 - 0.999;
  const corrected = mutant === "bias correction";
  const [correction1, correction2] = corrected ? [1 - 0.9 ** (step + 1), 1 - 0.999 ** (step + 1)] : [1, 1];
  for (const { start, end, decay } of segments) {
    const decayRate = decay || mutant === "decay of LayerNorm and biases" ? 0.01 : 0;
    for (let i = start; i < end; i++) {
      const gradient = gradients[i]! * before;
      const m = 0.9 * firstMoments[i]! + (1 - 0.9) * gradient;
      const v = 0.999 * secondMoments[i]! + rest2 * gradient * gradient;
      firstMoments[i] = m;
      secondMoments[i] = v;
      const variance = v / correction2;
      const divisor =
        mutant === "epsilon inside the square root" ? Math.sqrt(variance + 1e-6) : Math.sqrt(variance) + 1e-6;
      const update = (after * (m / correction1)) / divisor + decayRate * weights[i]!;
      weights[i]! -= rate * update;
    }
  }
}
