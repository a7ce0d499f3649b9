/** @file The published optimizer on flat float32 arrays: Adam without bias correction, decoupled weight decay, global-norm clip. */

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

/** Elements [start, end) of the flat arrays that share a decision about weight decay. */
export interface DecaySegment {
  readonly start: number;
  readonly end: number;
  readonly decay: boolean;
}

/** Euclidean norm of all gradients together, summed in float64 so that 100 million terms lose nothing. */
export function globalNorm(gradients: Float32Array): number {
  let [a, b, c, d] = [0, 0, 0, 0];
  const whole = gradients.length - (gradients.length % 4);
  for (let i = 0; i < whole; i += 4) {
    a += gradients[i]! * gradients[i]!;
    b += gradients[i + 1]! * gradients[i + 1]!;
    c += gradients[i + 2]! * gradients[i + 2]!;
    d += gradients[i + 3]! * gradients[i + 3]!;
  }
  for (let i = whole; i < gradients.length; i++) a += gradients[i]! * gradients[i]!;
  return Math.sqrt(a + b + (c + d));
}

/** `tf.clip_by_global_norm`: clip · min(1/norm, 1/clip), without PyTorch's +1e-6. */
export function clipScale(norm: number, clipNorm: number): number {
  return clipNorm * Math.min(1 / norm, 1 / clipNorm);
}

/**
 * One update in place (optimization.py:127–152): m = β₁m + (1−β₁)g, v = β₂v + (1−β₂)g², w −= lr·(m/(√v + ε) + decay·w), with
 * g = scale · gradient, **no bias correction**, so the first real update is about 3.2 × lr. All arrays have the same length.
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
  const { weights, gradients, firstMoments, secondMoments } = state;
  const [rest1, rest2] = [1 - beta1, 1 - beta2];
  for (const { start, end, decay } of segments) {
    const rate = decay ? weightDecay : 0;
    for (let i = start; i < end; i++) {
      const g = gradients[i]! * scale;
      const m = beta1 * firstMoments[i]! + rest1 * g;
      const v = beta2 * secondMoments[i]! + rest2 * g * g;
      firstMoments[i] = m;
      secondMoments[i] = v;
      weights[i]! -= learningRate * (m / (Math.sqrt(v) + epsilon) + rate * weights[i]!);
    }
  }
}
