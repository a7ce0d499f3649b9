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
