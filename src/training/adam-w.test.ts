/** Norm and clip; the update against the published optimizer is in `test/training/optimizer.test.ts`. */
import { describe, expect, test } from "vitest";
import { clipScale, globalNorm, PUBLISHED_ADAM_W, updateAdamW } from "./adam-w.js";

/** The word embeddings of BERT-base: 22 million elements. */
const LARGE = 28_996 * 768;

describe("globalNorm", () => {
  test("of 22 million elements has a relative error below 1e-6", () => {
    const gradients = new Float32Array(LARGE);
    let sum = 0;
    for (let i = 0; i < LARGE; i++) {
      const k = (Math.imul(i, 0x9e3779b1) >>> 22) - 512;
      gradients[i] = k / 2 ** 20;
      sum += k * k; // whole numbers below 2⁵³: exact
    }
    const expected = Math.sqrt(sum) / 2 ** 20;
    expect(Math.abs(globalNorm(gradients) / expected - 1)).toBeLessThan(1e-6);
  });

  test("of 22 million equal elements, where a float32 sum would stand still", () => {
    const value = Math.fround(1e-4);
    const expected = value * Math.sqrt(LARGE);
    expect(Math.abs(globalNorm(new Float32Array(LARGE).fill(value)) / expected - 1)).toBeLessThan(1e-6);
  });

  test("takes every length and every offset", () => {
    const memory = Float32Array.from({ length: 40 }, (_, i) => i + 1);
    for (let start = 0; start < 6; start++)
      for (let length = 0; length < 34; length++) {
        const part = memory.subarray(start, start + length);
        const expected = Math.sqrt(part.reduce((sum, value) => sum + value * value, 0));
        expect(globalNorm(part), `${start} ${length}`).toBeCloseTo(expected, 4);
      }
  });

  test("neither overflows nor vanishes where the sum of squares would in float32", () => {
    expect(globalNorm(Float32Array.of(3e30, 4e30)) / 5e30).toBeCloseTo(1, 6);
    expect(globalNorm(Float32Array.of(3e-30, 4e-30)) / 5e-30).toBeCloseTo(1, 6);
  });

  test("shows what is not finite", () => {
    expect(Number.isFinite(globalNorm(Float32Array.of(1, Number.NaN, 2)))).toBe(false);
    expect(globalNorm(Float32Array.of(1, Number.NEGATIVE_INFINITY))).toBe(Number.POSITIVE_INFINITY);
  });
});

test("clipScale leaves norms up to the limit alone and brings larger ones to it", () => {
  expect(clipScale(0, 1)).toBe(1);
  expect(clipScale(1, 1)).toBe(1);
  expect(clipScale(0.25, 1)).toBe(1);
  expect(clipScale(4, 1)).toBe(0.25);
  expect(clipScale(4, 2)).toBe(0.5);
});

describe("updateAdamW", () => {
  const segments = [
    { start: 0, end: 3, decay: true },
    { start: 3, end: 5, decay: false },
  ];
  const start = () => ({
    weights: Float32Array.of(1, -2, 3, 4, -5),
    gradients: Float32Array.of(0.5, 0, -0.25, 0.125, 0),
    firstMoments: new Float32Array(5),
    secondMoments: new Float32Array(5),
  });

  test("the first real update is about 3.2 times the rate: there is no bias correction", () => {
    const state = start();
    updateAdamW(state, segments, { ...PUBLISHED_ADAM_W, weightDecay: 0 }, 1e-3, 1);
    expect((1 - state.weights[0]!) / 1e-3).toBeCloseTo(0.1 / Math.sqrt(0.001), 2);
    expect((4 - state.weights[3]!) / 1e-3).toBeCloseTo(0.1 / Math.sqrt(0.001), 2);
  });

  test("decays by lr · 0.01 · w where the segment says so, also without a gradient", () => {
    const state = start();
    updateAdamW(state, segments, PUBLISHED_ADAM_W, 0.5, 1);
    expect(state.weights[1]).toBeCloseTo(-2 + 0.5 * 0.01 * 2, 6);
    expect(state.weights[4]).toBe(-5);
  });

  test("at rate 0 the moments move and the weights do not", () => {
    const state = start();
    updateAdamW(state, segments, PUBLISHED_ADAM_W, 0, 0.5);
    expect([...state.weights]).toEqual([1, -2, 3, 4, -5]);
    expect(state.firstMoments[0]).toBeCloseTo(0.025, 7);
    expect(state.secondMoments[0]).toBeCloseTo(0.001 * 0.0625, 9);
  });
});
