import { afterEach, describe, expect, test } from "vitest";
import { BERT_BASE, type BertConfig } from "../bert/config.js";
import type { PretrainingInstance } from "../instances/instance.js";
import { createOrtRuntime, liveExecutables } from "../runtime/index.js";
import { initializeParameters } from "./parameter-vector.js";
import { createTrainingState, Pretrainer } from "./pretrainer.js";
import type { TrainingState } from "./trained-graph.js";

const CONFIG: BertConfig = {
  ...BERT_BASE,
  vocabSize: 20,
  hiddenSize: 8,
  layerCount: 1,
  headCount: 2,
  intermediateSize: 12,
  maxPositions: 8,
};

const BATCH: readonly PretrainingInstance[] = Array.from({ length: 4 }, (_, row) => ({
  ids: Int32Array.of(1, 5 + row, 3, 2, 9, 2),
  segmentIds: Uint8Array.of(0, 0, 0, 0, 1, 1),
  maskedPositions: Int32Array.of(2),
  maskedIds: Int32Array.of(6 + row),
  isRandomNext: row % 2 === 0,
}));

let pretrainer: Pretrainer;
let state: TrainingState;

async function create(dropout = 0.1, microBatch = 2): Promise<void> {
  state = createTrainingState(CONFIG);
  initializeParameters(state.weights, 0.1, 1);
  pretrainer = await Pretrainer.create(
    await createOrtRuntime({ threads: 1 }),
    {
      config: CONFIG,
      shape: { maxLength: 8, maxPredictions: 2 },
      schedule: { learningRate: 1e-2, warmupSteps: 5, totalSteps: 100 },
      dropout,
      seed: 1,
      microBatch,
    },
    state,
  );
}

function snapshot(): Float32Array[] {
  return [state.weights, state.firstMoments, state.secondMoments].map(({ data }) => data.slice());
}

afterEach(async () => {
  await pretrainer.dispose();
  expect(liveExecutables()).toBe(0);
});

describe("a step", () => {
  test("learns a batch by heart", async () => {
    await create(0);
    const first = (await pretrainer.step(BATCH, 0))!;
    let last = first;
    for (let step = 1; step < 60; step++) last = (await pretrainer.step(BATCH, step))!;
    expect(first.maskedLmCount).toBe(4);
    expect(first.sequences).toBe(4);
    expect(last.loss).toBeLessThan(first.loss / 4);
    expect(last.maskedLmCorrect).toBe(4);
    expect(last.loss).toBeCloseTo(last.maskedLmLoss + last.nextSentenceLoss, 5);
  });

  test("at step 0 moves the moments alone, since the rate is 0", async () => {
    await create();
    const [weights] = snapshot();
    const result = (await pretrainer.step(BATCH, 0))!;
    expect(result.learningRate).toBe(0);
    expect(result.gradientNorm).toBeGreaterThan(0);
    expect(state.weights.data).toEqual(weights);
    expect(state.firstMoments.data.some((value) => value !== 0)).toBe(true);
    await pretrainer.step(BATCH, 1);
    expect(state.weights.data).not.toEqual(weights);
  });

  test("that is stopped between micro-batches leaves weights and moments as they were", async () => {
    await create();
    await pretrainer.step(BATCH, 3);
    const before = snapshot();
    let asked = 0;
    expect(await pretrainer.step(BATCH, 4, () => ++asked > 1)).toBeNull();
    expect(asked).toBe(2);
    expect(snapshot()).toEqual(before);
  });

  test("after a stopped one is the step that would have been", async () => {
    await create();
    await pretrainer.step(BATCH, 3, () => true);
    const again = await pretrainer.step(BATCH, 3);
    const after = snapshot();
    await pretrainer.dispose();
    await create();
    expect(await pretrainer.step(BATCH, 3)).toEqual(again);
    expect(snapshot()).toEqual(after);
  });

  test("that diverges is refused before it changes anything", async () => {
    await create();
    state.weights.tensors.get("cls.predictions.bias")!.data[3] = Number.POSITIVE_INFINITY;
    const before = snapshot();
    await expect(pretrainer.step(BATCH, 7)).rejects.toMatchObject({
      code: "TRAINING_DIVERGED",
      details: { step: 7 },
    });
    expect(snapshot()).toEqual(before);
  });
});

test("a last micro-batch may be smaller", async () => {
  await create(0.1, 3);
  const cut = await pretrainer.computeGradients(BATCH, 2);
  const gradients = pretrainer.gradients.data.slice();
  await pretrainer.dispose();
  await create(0.1, 4);
  expect((await pretrainer.computeGradients(BATCH, 2))!.loss).toBeCloseTo(cut!.loss, 5);
  const difference = gradients.reduce(
    (largest, value, i) => Math.max(largest, Math.abs(value - pretrainer.gradients.data[i]!)),
    0,
  );
  expect(difference).toBeLessThan(1e-6);
});
