/** @file The published optimizer on flat float32 arrays: Adam without bias correction, decoupled weight decay, global-norm clip. */
import { adamWKernels, BLOCK, SUM_COUNT } from "./adam-w-kernels.js";

export interface AdamW {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  /** Largest global norm of the gradients. */
  readonly clipNorm: number;
}

/** google-research/bert optimization.py:59–74. */
export const PUBLISHED_ADAM_W: AdamW = {
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-6,
  weightDecay: 0.01,
  clipNorm: 1,
};

/**
 * PyTorch's AdamW at `update` (from 1) said in terms of the published one, which `updateAdamW` computes:
 * lr·m̂/(√v̂ + ε) = lr′·m/(√v + ε′) with lr′ = lr·√(1−β₂ᵗ)/(1−β₁ᵗ), ε′ = ε·√(1−β₂ᵗ), and a decay of the same size.
 */
export function withBiasCorrection(
  optimizer: AdamW,
  learningRate: number,
  update: number,
): { readonly optimizer: AdamW; readonly learningRate: number } {
  const second = Math.sqrt(1 - optimizer.beta2 ** update);
  const ratio = second / (1 - optimizer.beta1 ** update);
  const { epsilon, weightDecay } = optimizer;
  return {
    optimizer: { ...optimizer, epsilon: epsilon * second, weightDecay: weightDecay / ratio },
    learningRate: learningRate * ratio,
  };
}

/** Elements [start, end) of the flat arrays that share a decision about weight decay. */
export interface DecaySegment {
  readonly start: number;
  readonly end: number;
  readonly decay: boolean;
}

/** Euclidean norm of all gradients together, summed in float64 so that 100 million terms lose nothing. */
export function globalNorm(gradients: Float32Array): number {
  const kernels = adamWKernels();
  kernels.sums.fill(0);
  for (let start = 0; start < gradients.length; start += BLOCK) {
    const part = gradients.subarray(start, start + BLOCK);
    const padded = Math.ceil(part.length / SUM_COUNT) * SUM_COUNT;
    kernels.gradients.set(part);
    kernels.gradients.fill(0, part.length, padded);
    kernels.addSquares(4 * padded);
  }
  const [a, b, c, d, e, f, g, h] = kernels.sums as unknown as readonly number[];
  return Math.sqrt(a! + b! + (c! + d!) + (e! + f! + (g! + h!)));
}

/** `tf.clip_by_global_norm`: clip · min(1/norm, 1/clip), without PyTorch's +1e-6. */
export function clipScale(norm: number, clipNorm: number): number {
  return clipNorm * Math.min(1 / norm, 1 / clipNorm);
}

/**
 * One update in place (optimization.py:127–152): m = β₁m + (1−β₁)g, v = β₂v + (1−β₂)g², w −= lr·(m/(√v + ε) + decay·w), with
 * g = scale · gradient, **no bias correction**, so the first real update is about 3.2 × lr. All arrays have the same length.
 * Every operation is rounded to float32, as TensorFlow does; 1 − β is taken in float64 before it is rounded.
 */
export function updateAdamW(
  state: {
    weights: Float32Array;
    gradients: Float32Array;
    firstMoments: Float32Array;
    secondMoments: Float32Array;
  },
  segments: readonly DecaySegment[],
  { beta1, beta2, epsilon, weightDecay }: AdamW,
  learningRate: number,
  scale: number,
): void {
  const kernels = adamWKernels();
  for (const { start, end, decay } of segments) {
    const rate = decay ? weightDecay : 0;
    for (let first = start; first < end; first += BLOCK) {
      const last = Math.min(first + BLOCK, end);
      const count = last - first;
      kernels.gradients.set(state.gradients.subarray(first, last));
      const [weights, firstMoments, secondMoments] = [
        state.weights.subarray(first, last),
        state.firstMoments.subarray(first, last),
        state.secondMoments.subarray(first, last),
      ];
      kernels.weights.set(weights);
      kernels.firstMoments.set(firstMoments);
      kernels.secondMoments.set(secondMoments);
      // Elements behind the last one, up to a multiple of four, are computed and not read.
      const bytes = 16 * Math.ceil(count / 4);
      kernels.update(bytes, scale, beta1, 1 - beta1, beta2, 1 - beta2, epsilon, rate, learningRate);
      weights.set(kernels.weights.subarray(0, count));
      firstMoments.set(kernels.firstMoments.subarray(0, count));
      secondMoments.set(kernels.secondMoments.subarray(0, count));
    }
  }
}
