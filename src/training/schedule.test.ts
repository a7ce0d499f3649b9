/** Rates against the published optimization.py under TensorFlow (`test/oracle/generate/optimization_tensorflow.py`). */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { bytesOf } from "../util/protobuf.js";
import { largestUpdate, learningRateAt, type Schedule } from "./schedule.js";

interface Case extends Schedule {
  /** Of the little-endian float32 rates of steps 0 … totalSteps, in a session as TensorFlow sets it up by default. */
  readonly sha256: string;
  /** The same with TensorFlow's graph rewriting off: the arithmetic as the source has it. */
  readonly sha256AsWritten: string;
  readonly samples: readonly (readonly [step: number, rate: number])[];
}

const { cases } = JSON.parse(
  readFileSync(new URL("../../test/oracle/optimization/schedule.json", import.meta.url), "utf8"),
) as { cases: readonly Case[] };

function ratesOf(schedule: Schedule, rate: (step: number) => number): Float32Array {
  return Float32Array.from({ length: schedule.totalSteps + 1 }, (_, step) => rate(step));
}

function sha256(rates: Float32Array): string {
  return createHash("sha256").update(bytesOf(rates)).digest("hex");
}

/** By default TensorFlow divides by a constant as it multiplies by its reciprocal, and joins constant factors. */
function rewrittenRate(step: number, { learningRate, totalSteps, warmupSteps }: Schedule): number {
  const f = Math.fround;
  if (step < warmupSteps) return f(step * f(f(learningRate) * f(1 / warmupSteps)));
  return f(f(learningRate) * f(1 - f(Math.min(step, totalSteps) * f(1 / totalSteps))));
}

describe.each(cases)("peak $learningRate, warm-up $warmupSteps, $totalSteps steps", (schedule) => {
  test("every step has the bits of the published arithmetic in TensorFlow", () => {
    expect(sha256(ratesOf(schedule, (step) => learningRateAt(step, schedule)))).toBe(
      schedule.sha256AsWritten,
    );
  });

  test("TensorFlow's own rewriting of that arithmetic differs by rounding alone", () => {
    const rewritten = ratesOf(schedule, (step) => rewrittenRate(step, schedule));
    expect(sha256(rewritten)).toBe(schedule.sha256);
    const differences = rewritten.map((rate, step) => Math.abs(rate - learningRateAt(step, schedule)));
    const largest = differences.reduce((a, b) => Math.max(a, b), 0);
    expect(largest).toBeLessThanOrEqual(2 ** -22 * Math.fround(schedule.learningRate));
    for (const [step, rate] of schedule.samples) expect(rewritten[step]).toBe(Math.fround(rate));
  });
});

test("the rate drops where warm-up and decay meet, and is 0 at both ends and after the last step", () => {
  const schedule = { learningRate: 5e-5, warmupSteps: 10_000, totalSteps: 100_000 };
  expect(learningRateAt(0, schedule)).toBe(0);
  expect(learningRateAt(9_999, schedule)).toBeCloseTo(4.9995e-5, 10);
  expect(learningRateAt(10_000, schedule)).toBeCloseTo(4.5e-5, 10);
  expect(learningRateAt(100_000, schedule)).toBe(0);
  expect(learningRateAt(100_001, schedule)).toBe(0);
  expect(learningRateAt(0, { ...schedule, warmupSteps: 0 })).toBe(Math.fround(5e-5));
});

test("the largest update is where Adam without bias correction is farthest above its rate", () => {
  const schedule = { learningRate: 1e-3, warmupSteps: 100, totalSteps: 5_000 };
  // Both optimizers on a gradient of 1; the rate cancels in the ratio of their updates.
  let [m, v, largest, at] = [0, 0, 0, 0];
  for (let step = 0; step < 3_000; step++) {
    m = 0.9 * m + 0.1;
    v = 0.999 * v + 0.001;
    const corrected = m / (1 - 0.9 ** (step + 1)) / Math.sqrt(v / (1 - 0.999 ** (step + 1)));
    const rate = (learningRateAt(step, schedule) * m) / Math.sqrt(v) / corrected;
    if (rate > largest) [largest, at] = [rate, step];
  }
  const { step, rate } = largestUpdate(schedule);
  expect(step).toBe(at);
  expect(rate).toBeCloseTo(largest, 9);
  expect(largestUpdate({ ...schedule, warmupSteps: 0 }).step).toBe(11);
  expect(largestUpdate({ learningRate: 5e-5, warmupSteps: 10_000, totalSteps: 150_000 }).rate).toBeLessThan(
    5e-5,
  );
});
