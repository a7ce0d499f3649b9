import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { clipScale, globalNorm, PUBLISHED_ADAM_W, updateAdamW } from "./adam-w.js";
import { BLOCK } from "./adam-w-kernels.js";

const f = Math.fround;

/** One element of optimization.py:127–152 with every operation rounded to float32: double holds each exactly enough. */
function updateElement(
  [w, gradient, m, v]: readonly number[],
  decay: boolean,
  learningRate: number,
  scale: number,
): number[] {
  const { beta1, beta2, epsilon, weightDecay } = PUBLISHED_ADAM_W;
  const g = f(gradient! * f(scale));
  const nextM = f(f(f(beta1) * m!) + f(f(1 - beta1) * g));
  const nextV = f(f(f(beta2) * v!) + f(f(1 - beta2) * f(g * g)));
  const direction = f(nextM / f(f(Math.sqrt(nextV)) + f(epsilon)));
  const step = f(direction + f(f(decay ? weightDecay : 0) * w!));
  return [f(w! - f(f(learningRate) * step)), nextM, nextV];
}

function randomState(length: number, seed: number) {
  let word = seed;
  const next = (scale: number): Float32Array =>
    Float32Array.from({ length }, () => {
      word = (Math.imul(word, 1_664_525) + 1_013_904_223) >>> 0;
      return scale * (word / 2 ** 31 - 1);
    });
  return {
    weights: next(0.1),
    gradients: next(0.01),
    firstMoments: next(0.001),
    secondMoments: next(1e-6).map(Math.abs),
  };
}

type State = ReturnType<typeof randomState>;
const copy = (state: State): State => structuredClone(state);

function expectUpdated(before: State, after: State, isDecayed: (index: number) => boolean): void {
  for (let i = 0; i < before.weights.length; i++) {
    const old = [before.weights[i]!, before.gradients[i]!, before.firstMoments[i]!, before.secondMoments[i]!];
    const now = [after.weights[i]!, after.firstMoments[i]!, after.secondMoments[i]!];
    expect(now, `element ${i}`).toEqual(updateElement(old, isDecayed(i), 1e-3, 0.37));
  }
}

test.each([1, 3, 4, 5, 127, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + 5])(
  "an update of %i elements is that of float32 arithmetic, bit for bit",
  (length) => {
    const before = randomState(length, length);
    const after = copy(before);
    const split = length >> 1;
    const segments = [
      { start: 0, end: split, decay: true },
      { start: split, end: length, decay: false },
    ];
    updateAdamW(after, segments, PUBLISHED_ADAM_W, 1e-3, 0.37);
    expect(after.gradients).toEqual(before.gradients);
    expectUpdated(before, after, (index) => index < split);
  },
);

test("the bits do not depend on how the arrays are cut", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 999 }), { maxLength: 6 }), (cuts) => {
      const before = randomState(1000, 5);
      const [whole, parts] = [copy(before), copy(before)];
      const edges = [...new Set([0, ...cuts.sort((a, b) => a - b), 1000])];
      const segments = edges.slice(1).map((end, index) => ({ start: edges[index]!, end, decay: true }));
      updateAdamW(whole, [{ start: 0, end: 1000, decay: true }], PUBLISHED_ADAM_W, 1e-3, 0.37);
      updateAdamW(parts, segments, PUBLISHED_ADAM_W, 1e-3, 0.37);
      expect(parts).toEqual(whole);
    }),
    { numRuns: 50 },
  );
});

test("elements outside of the segments stay as they are", () => {
  const before = randomState(10, 1);
  const after = copy(before);
  updateAdamW(after, [{ start: 3, end: 6, decay: true }], PUBLISHED_ADAM_W, 1e-3, 1);
  for (const key of ["weights", "firstMoments", "secondMoments"] as const) {
    const changed = [...after[key]].map((value, index) => value !== before[key][index]);
    expect(changed).toEqual([false, false, false, true, true, true, false, false, false, false]);
  }
});

test("numbers that are not finite stay in their element and flow on", () => {
  const state = {
    weights: Float32Array.from([1, 1, 1, 1]),
    gradients: Float32Array.from([NaN, Infinity, 0, 1e30]),
    firstMoments: new Float32Array(4),
    secondMoments: new Float32Array(4),
  };
  updateAdamW(state, [{ start: 0, end: 4, decay: false }], PUBLISHED_ADAM_W, 1e-3, 1);
  expect([...state.firstMoments]).toEqual([NaN, Infinity, 0, f(f(1 - 0.9) * f(1e30))]);
  expect([...state.secondMoments]).toEqual([NaN, Infinity, 0, Infinity]);
  expect([...state.weights]).toEqual([NaN, NaN, 1, 1]);
});

describe("global norm", () => {
  test.each([0, 1, 7, 8, 9, BLOCK - 3, BLOCK, 3 * BLOCK + 11])("of %i elements", (length) => {
    const { gradients } = randomState(length, 3);
    const exact = Math.sqrt(gradients.reduce((sum, value) => sum + value * value, 0));
    expect(Math.abs(globalNorm(gradients) - exact)).toBeLessThanOrEqual(1e-12 * exact);
  });

  test("of 22 million equal elements is exact to 1e-9", () => {
    const gradients = new Float32Array(22_000_000).fill(0.1);
    const exact = f(0.1) * Math.sqrt(22_000_000);
    expect(Math.abs(globalNorm(gradients) / exact - 1)).toBeLessThan(1e-9);
  });

  test("neither overflows nor hides what is not finite", () => {
    expect(globalNorm(new Float32Array(2).fill(3e38))).toBeCloseTo(Math.SQRT2 * f(3e38), -25);
    expect(globalNorm(Float32Array.from([1, NaN]))).toBeNaN();
    expect(globalNorm(Float32Array.from([1, -Infinity]))).toBe(Infinity);
    expect(globalNorm(Float32Array.from([3, 4]))).toBe(5);
  });
});

test("the clip leaves small norms alone and brings large ones to the limit", () => {
  expect(clipScale(0.5, 1)).toBe(1);
  expect(clipScale(4, 1)).toBe(0.25);
  expect(clipScale(4, 2)).toBe(0.5);
});
