/** The optimizer against the published optimization.py run by TensorFlow (`oracle/generate/optimization_tensorflow.py`). */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { clipScale, globalNorm, PUBLISHED_ADAM_W, updateAdamW } from "../../src/training/adam-w.js";
import { learningRateAt, type Schedule } from "../../src/training/schedule.js";
import { type Mutant, OPTIMIZER_MUTANTS, publishedStep } from "./published-adam-w.js";

function readOracle<T>(name: string): T {
  return JSON.parse(
    readFileSync(new URL(`../oracle/optimization/${name}.json`, import.meta.url), "utf8"),
  ) as T;
}

interface Snapshot {
  readonly gradient: readonly number[];
  readonly weights: readonly number[];
  readonly firstMoments: readonly number[];
  readonly secondMoments: readonly number[];
}

interface Updates {
  readonly schedule: Schedule;
  readonly decay: Readonly<Record<string, boolean>>;
  readonly start: Readonly<Record<string, readonly number[]>>;
  readonly steps: readonly Readonly<Record<string, Snapshot>>[];
}

const updates = readOracle<Updates>("adam-w");
const names = Object.keys(updates.start);
const width = updates.start[names[0]!]!.length;
const segments = names.map((name, index) => ({
  start: index * width,
  end: (index + 1) * width,
  decay: updates.decay[name]!,
}));

function flat(part: (name: string) => readonly number[]): Float32Array {
  return Float32Array.from(names.flatMap(part));
}

type State = Parameters<typeof updateAdamW>[0];

function publishedState(): State {
  const size = names.length * width;
  return {
    weights: flat((name) => updates.start[name]!),
    gradients: new Float32Array(size),
    firstMoments: new Float32Array(size),
    secondMoments: new Float32Array(size),
  };
}

/** Of the largest value an element has had: the first moments go through 0. */
const RELATIVE = 4e-6;
/** TensorFlow flushes denormal numbers to 0. */
const FLUSHED = 2e-38;

/** The worst error over all steps of every weight and moment, as a multiple of what it may be. */
function worstError(update: (state: State, step: number) => void): number {
  const state = publishedState();
  const largest = { weights: new Map(), firstMoments: new Map(), secondMoments: new Map() };
  let worst = 0;
  for (const [step, snapshots] of updates.steps.entries()) {
    state.gradients.set(flat((name) => snapshots[name]!.gradient));
    update(state, step);
    for (const kind of ["weights", "firstMoments", "secondMoments"] as const) {
      const scales: Map<number, number> = largest[kind];
      for (const [i, value] of flat((name) => snapshots[name]![kind]).entries()) {
        scales.set(i, Math.max(scales.get(i) ?? 0, Math.abs(value)));
        const error = Math.abs(state[kind][i]! - value) / (RELATIVE * scales.get(i)! + FLUSHED);
        worst = Math.max(worst, Number.isNaN(error) ? Number.POSITIVE_INFINITY : error);
      }
    }
  }
  return worst;
}

describe("40 steps on denormal, huge, zero and ordinary gradients", () => {
  test("weights and moments are TensorFlow's at every step", () => {
    const worst = worstError((state, step) => {
      const scale = clipScale(globalNorm(state.gradients), PUBLISHED_ADAM_W.clipNorm);
      updateAdamW(state, segments, PUBLISHED_ADAM_W, learningRateAt(step, updates.schedule), scale);
    });
    expect(worst).toBeLessThan(1);
  });

  test("so are those of the rendering that the mutants are made from, and the mutants' are not", () => {
    const withMutant = (mutant?: Mutant) =>
      worstError((state, step) => publishedStep(state, segments, step, updates.schedule, mutant));
    expect(withMutant()).toBeLessThan(1);
    // A clip that is 1e-6 off hides in the tolerance of 40 steps; the comparison of clips below sees it.
    for (const mutant of OPTIMIZER_MUTANTS.filter((name) => !name.includes("1e-6")))
      expect(withMutant(mutant), mutant).toBeGreaterThan(1);
  });
});

interface Clips {
  readonly cases: readonly {
    readonly gradient: readonly number[];
    readonly clipped: readonly number[];
    readonly norm: number;
  }[];
  readonly indexedSlices: Readonly<
    Record<
      "lookup" | "tied",
      {
        readonly kind: "IndexedSlices" | "Tensor";
        readonly values?: readonly (readonly number[])[];
        readonly indices?: readonly number[];
        readonly norm: number;
        readonly normOfSummed: number;
      }
    >
  >;
}

describe("tf.clip_by_global_norm", () => {
  const { cases, indexedSlices } = readOracle<Clips>("clip");
  /** Half of what PyTorch's +1e-6 changes at a norm of 1.16. */
  const TOLERANCE = 4e-7;
  const largestError = (clip: (norm: number) => number): number =>
    Math.max(
      ...cases.flatMap(({ gradient, clipped }) => {
        const scale = clip(globalNorm(Float32Array.from(gradient)));
        return gradient.map((value, i) => (value === 0 ? 0 : Math.abs((value * scale) / clipped[i]! - 1)));
      }),
    );

  test("clips as globalNorm and clipScale do, and not as with PyTorch's +1e-6", () => {
    for (const { gradient, norm } of cases)
      expect(Math.abs(globalNorm(Float32Array.from(gradient)) - norm)).toBeLessThanOrEqual(2e-7 * norm);
    expect(largestError((norm) => clipScale(norm, 1))).toBeLessThan(TOLERANCE);
    expect(largestError((norm) => Math.min(1, 1 / (norm + 1e-6)))).toBeGreaterThan(TOLERANCE);
  });

  test("takes the rows of a lookup as they come, but the tied table's gradient summed, as here", () => {
    const { lookup, tied } = indexedSlices;
    expect(lookup.kind).toBe("IndexedSlices");
    expect(globalNorm(Float32Array.from(lookup.values!.flat()))).toBeCloseTo(lookup.norm, 5);
    expect(Math.abs(lookup.norm / lookup.normOfSummed - 1)).toBeGreaterThan(0.02);
    expect(tied.kind).toBe("Tensor");
    expect(tied.norm).toBe(tied.normOfSummed);
  });
});

/** The word embeddings of BERT-base. */
const LARGE = 28_996 * 768;

test("the norm of 22 million different elements has a relative error below 1e-6", () => {
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

test("the norm takes parts of an array at every offset and of every length", () => {
  const memory = Float32Array.from({ length: 40 }, (_, i) => i + 1);
  for (let start = 0; start < 6; start++)
    for (let length = 0; length < 34; length++) {
      const part = memory.subarray(start, start + length);
      const squares = part.reduce((total, value) => total + value * value, 0);
      expect(globalNorm(part) ** 2, `${start} ${length}`).toBeCloseTo(squares, 6);
    }
});

describe("consequences of the published formula", () => {
  const one = [{ start: 0, end: 1, decay: true }];
  const startAt = (weight: number, gradient: number): State => ({
    weights: Float32Array.of(weight),
    gradients: Float32Array.of(gradient),
    firstMoments: new Float32Array(1),
    secondMoments: new Float32Array(1),
  });

  test("without bias correction the first real update is about 3.2 times the rate", () => {
    const state = startAt(1, 0.5);
    updateAdamW(state, one, { ...PUBLISHED_ADAM_W, weightDecay: 0 }, 1e-3, 1);
    expect((1 - state.weights[0]!) / 1e-3).toBeCloseTo(0.1 / Math.sqrt(0.001), 2);
  });

  test("weights decay by rate · 0.01 · w also without a gradient", () => {
    const state = startAt(-2, 0);
    updateAdamW(state, one, PUBLISHED_ADAM_W, 0.5, 1);
    expect(state.weights[0]).toBeCloseTo(-2 + 0.5 * 0.01 * 2, 6);
  });

  test("at step 0 the rate is 0: the moments move and the weights do not", () => {
    const state = startAt(3, 0.5);
    updateAdamW(state, one, PUBLISHED_ADAM_W, learningRateAt(0, updates.schedule), 0.5);
    expect(state.weights[0]).toBe(3);
    expect(state.firstMoments[0]).toBeCloseTo(0.025, 7);
    expect(state.secondMoments[0]).toBeCloseTo(0.001 * 0.0625, 9);
  });
});
