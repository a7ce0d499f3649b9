import { describe, expect, test } from "vitest";
import { DropoutMasks } from "./dropout.js";

const KEY = { seed: 1, step: 3, place: 2, firstRow: 0 };

function maskOf(p: number, rows: number, rowSize: number, key = KEY): Float32Array {
  const mask = new Float32Array(rows * rowSize);
  new DropoutMasks(p).fill(mask, rows, key);
  return mask;
}

describe.each([0.05, 0.1, 0.5, 0.9])("p = %f", (p) => {
  const count = 4_000_000;
  const dropped = maskOf(p, 40, count / 40).map((value) => (value === 0 ? 1 : 0));

  test("drops with probability p, within five standard errors", () => {
    const share = dropped.reduce((sum, value) => sum + value, 0) / count;
    expect(Math.abs(share - p)).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / count));
  });

  test.each([1, 2, 3, 62, 63, 64, 128])("neighbours at distance %i are independent", (distance) => {
    let both = 0;
    for (let i = 0; i + distance < count; i++) both += dropped[i]! * dropped[i + distance]!;
    const expected = p * p;
    expect(Math.abs(both / (count - distance) - expected)).toBeLessThan(
      6 * Math.sqrt((expected * (1 - expected)) / count),
    );
  });
});

test("keeps the expectation: kept elements are 1/(1 − p)", () => {
  expect(new Set(maskOf(0.1, 2, 1000))).toEqual(new Set([0, Math.fround(1 / 0.9)]));
  expect(new Set(maskOf(0, 2, 1000))).toEqual(new Set([1]));
});

test("depends on the row of the whole batch, not on its place in a micro-batch", () => {
  const whole = maskOf(0.1, 8, 500);
  const second = maskOf(0.1, 4, 500, { ...KEY, firstRow: 4 });
  expect(second).toEqual(whole.slice(4 * 500));
});

test("differs between steps, places, seeds and rows", () => {
  const masks = [
    KEY,
    { ...KEY, step: 4 },
    { ...KEY, place: 3 },
    { ...KEY, seed: 2 },
    { ...KEY, firstRow: 1 },
  ].map((key) => maskOf(0.5, 1, 4096, key));
  for (const [i, a] of masks.entries())
    for (const b of masks.slice(i + 1)) {
      const equal = a.filter((value, at) => value === b[at]).length;
      expect(Math.abs(equal / 4096 - 0.5)).toBeLessThan(0.05);
    }
});
