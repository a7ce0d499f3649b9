/** What must not change a result: how a batch is cut, how far it is padded, how often and on how many threads it is run. */
import { createHash } from "node:crypto";
import { afterEach, describe, expect, test } from "vitest";
import { type BertConfig, BERT_BASE } from "../../src/bert/index.js";
import type { Tensor } from "../../src/graph/index.js";
import type { PretrainingInstance } from "../../src/instances/index.js";
import { createOrtRuntime, liveExecutables } from "../../src/runtime/index.js";
import { initializeParameters } from "../../src/training/parameter-vector.js";
import type { BatchResult } from "../../src/training/batch-result.js";
import { createTrainingState, Pretrainer, type PretrainerOptions } from "../../src/training/pretrainer.js";
import { createWords } from "../../src/util/counter-random.js";
import { bytesOf } from "../../src/util/protobuf.js";
import { distance, globalNormOf, isKeyBias, norm } from "./golden.js";

afterEach(() => expect(liveExecutables()).toBe(0));

const CONFIG: BertConfig = {
  ...BERT_BASE,
  vocabSize: 300,
  hiddenSize: 32,
  layerCount: 2,
  headCount: 4,
  intermediateSize: 64,
  maxPositions: 64,
};
const OPTIONS: PretrainerOptions = {
  config: CONFIG,
  shape: { maxLength: 32, maxPredictions: 8 },
  schedule: { learningRate: 1e-3, warmupSteps: 2, totalSteps: 20 },
  dropout: 0.1,
  seed: 5,
  microBatch: 32,
};

/** Ragged instances with 0 to 8 masked tokens: the later ones have more of them. */
const BATCH: readonly PretrainingInstance[] = Array.from({ length: 32 }, (_, row) => {
  const word = createWords(99, 1, [row, 0, 0]);
  const length = 10 + (word() % 22);
  const ids = Int32Array.from({ length }, () => word() % 300);
  const count = Math.floor((row * 9) / 32);
  const maskedPositions = Int32Array.from({ length: count }, (_, index) => 1 + index);
  return {
    ids,
    segmentIds: Uint8Array.from({ length }, (_, position) => (position > length / 2 ? 1 : 0)),
    maskedPositions,
    maskedIds: maskedPositions.map(() => word() % 300),
    isRandomNext: word() % 2 === 1,
  };
});

interface Computed {
  readonly result: BatchResult;
  readonly gradients: ReadonlyMap<string, Tensor>;
  readonly weights: ReadonlyMap<string, Tensor>;
  /** Of losses, gradients and weights after `steps` updates. */
  readonly hash: string;
}

/** `steps` updates, then the gradients of one more step. */
async function compute(
  options: Partial<PretrainerOptions> = {},
  { steps = 0, threads = 1 } = {},
): Promise<Computed> {
  const state = createTrainingState(options.config ?? CONFIG);
  initializeParameters(state.weights, 0.1, 3);
  const runtime = await createOrtRuntime({ threads });
  const pretrainer = await Pretrainer.create(runtime, { ...OPTIONS, ...options }, state);
  const hash = createHash("sha256");
  try {
    for (let step = 0; step < steps; step++) hash.update(JSON.stringify(await pretrainer.step(BATCH, step)));
    const result = (await pretrainer.computeGradients(BATCH, steps))!;
    for (const { data } of [pretrainer.gradients, state.weights, state.firstMoments, state.secondMoments])
      hash.update(bytesOf(data));
    hash.update(JSON.stringify(result));
    return {
      result,
      gradients: pretrainer.gradients.tensors,
      weights: state.weights.tensors,
      hash: hash.digest("hex"),
    };
  } finally {
    await pretrainer.dispose();
  }
}

function expectEqual(actual: Computed, expected: Computed, tolerance: number): void {
  for (const key of ["loss", "maskedLmLoss", "nextSentenceLoss"] as const)
    expect(Math.abs(actual.result[key] / expected.result[key] - 1), key).toBeLessThan(tolerance);
  for (const key of ["maskedLmCorrect", "maskedLmCount", "nextSentenceCorrect", "sequences"] as const)
    expect(actual.result[key], key).toBe(expected.result[key]);
  const whole = globalNormOf(expected.gradients);
  for (const [name, gradient] of expected.gradients) {
    const error = distance(actual.gradients.get(name)!, gradient);
    const scale = isKeyBias(name) ? whole : Math.max(norm(gradient), 1e-6 * whole);
    expect(error / scale, name).toBeLessThan(tolerance);
  }
}

describe("a batch of 32 with dropout", async () => {
  const whole = await compute();

  test.each([8, 4, 1, 5])("in micro-batches of %i is the same batch", async (microBatch) => {
    expectEqual(await compute({ microBatch }), whole, 1e-6);
  });

  test("is another batch under another seed, and without dropout", async () => {
    for (const options of [{ seed: 6 }, { dropout: 0 }]) {
      const other = await compute(options);
      const words = "bert.embeddings.word_embeddings.weight";
      const gradient = whole.gradients.get(words)!;
      expect(distance(other.gradients.get(words)!, gradient) / norm(gradient)).toBeGreaterThan(0.05);
    }
  });

  test("trains to the same weights however it is cut", async () => {
    const [once, cut] = [await compute({}, { steps: 5 }), await compute({ microBatch: 8 }, { steps: 5 })];
    for (const [name, weights] of once.weights)
      expect(distance(cut.weights.get(name)!, weights), name).toBeLessThan(2e-6 * Math.max(1, norm(weights)));
  });
});

test("padding changes nothing: longer sequences and more predictions give the same losses and gradients", async () => {
  const tight = await compute({ dropout: 0 });
  for (const shape of [
    { maxLength: 64, maxPredictions: 8 },
    { maxLength: 32, maxPredictions: 20 },
    { maxLength: 47, maxPredictions: 13 },
  ])
    expectEqual(await compute({ dropout: 0, shape }), tight, 1e-6);
});

test("equal bits in repeated runs, on one thread and on two", async () => {
  // Large enough for onnxruntime to share the work between threads. Products of fewer than 128 columns a thread are summed in
  // strips whose length depends on the number of threads.
  const config = { ...CONFIG, vocabSize: 1000, hiddenSize: 256, intermediateSize: 512 };
  const hashes: string[] = [];
  for (const threads of [1, 2, 1, 2, 2])
    hashes.push((await compute({ config, microBatch: 16 }, { steps: 2, threads })).hash);
  expect(new Set(hashes).size).toBe(1);
});
