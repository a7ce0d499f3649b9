import { describe, expect, test } from "vitest";
import { BERT_BASE } from "../bert/config.js";
import { GraphBuilder } from "../graph/builder.js";
import { peakGraphBytes } from "./graph-memory.js";
import { chooseMicroBatch, estimateMemory, type TrainingShape } from "./memory.js";

const shapeOf = (hidden: number, layers: number, length = 128, predictions = 20, vocabulary = 28996) => ({
  config: {
    ...BERT_BASE,
    hiddenSize: hidden,
    layerCount: layers,
    headCount: hidden / 64,
    intermediateSize: 4 * hidden,
    vocabSize: vocabulary,
  },
  maxLength: length,
  maxPredictions: predictions,
  dropout: 0.1,
});

/** Largest resident sets in GB, measured (docs/performance.md). */
const MEASURED: readonly (readonly [TrainingShape, micro: number, gigabytes: number])[] = [
  [shapeOf(768, 12), 2, 2.767],
  [shapeOf(768, 12), 4, 3.015],
  [shapeOf(768, 12), 8, 3.473],
  [shapeOf(768, 2), 4, 1.225],
  [shapeOf(768, 2), 16, 1.565],
  [shapeOf(256, 4), 8, 0.602],
  [shapeOf(256, 4), 32, 1.217],
  [shapeOf(384, 6, 64, 10, 30522), 8, 0.877],
];

test.each(MEASURED)("the estimate meets what was measured, %#", (shape, micro, gigabytes) => {
  const ratio = estimateMemory(shape, micro) / 1e9 / gigabytes;
  expect(Math.abs(ratio - 1)).toBeLessThan(0.08);
});

describe("a budget", () => {
  const base = shapeOf(768, 12);

  test("takes the largest micro-batch that fits it, and never more than is of use", () => {
    for (const micro of [1, 3, 5, 7]) {
      const bytes = estimateMemory(base, micro);
      expect(chooseMicroBatch(base, 32, bytes)).toBe(micro);
      expect(chooseMicroBatch(base, 32, estimateMemory(base, micro + 1) - 1)).toBe(micro);
    }
    expect(chooseMicroBatch(base, 32, 100e9)).toBe(8);
    expect(chooseMicroBatch(base, 4, 100e9)).toBe(4);
  });

  test("that is too small is refused with the least that would do", () => {
    const needed = estimateMemory(base, 1);
    expect(() => chooseMicroBatch(base, 32, needed - 1)).toThrow(
      expect.objectContaining({ code: "TRAINING_MEMORY", details: { budget: needed - 1, needed } }),
    );
  });
});

test("the peak of a graph: what is dead is not counted, what is written in place not twice", () => {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", ["B", 10]);
  const a = g.exp(x); // 40 B a row
  const b = g.exp(a); // over a, which nobody else reads
  const c = g.transpose(b, [1, 0]); // beside b
  g.output("y", g.reduceSum(c, [0]));
  // b and c at once: 2 · 10 · 4 bytes a row; then c and the sum.
  expect(peakGraphBytes(g.finish(), new Map([["B", 3]]), () => false)).toBe(240);
});
