/**
 * With dropout on, draws differ and distributions agree: losses and gradient norms of one batch over many draws, and the
 * loss at the end of training over seeds, against PyTorch (`oracle/generate/pretraining_pytorch.py`). That every place is the
 * right one is proved with given masks in `gradients.test.ts`.
 */
import { afterEach, describe, expect, test } from "vitest";
import { gradientName, type Tensor } from "../../src/graph/index.js";
import { createOrtRuntime, liveExecutables } from "../../src/runtime/index.js";
import { DropoutFeeds } from "../../src/training/dropout-places.js";
import { createTrainingState, Pretrainer } from "../../src/training/pretrainer.js";
import { batchScales, packBatch, packedShape } from "../../src/training/pretraining-batch.js";
import { accumulatedName } from "../../src/training/accumulated-gradients.js";
import { pretrainingGraph } from "../../src/training/pretraining-graph.js";
import type { Schedule } from "../../src/training/schedule.js";
import { globalNormOf, instanceOf, type PlainInstance, readGolden, zerosLike } from "./golden.js";

afterEach(() => expect(liveExecutables()).toBe(0));

interface Moments {
  readonly count: number;
  readonly mean: number;
  readonly deviation: number;
}

interface Expected {
  readonly probability: number;
  readonly longest: number;
  readonly predictions: number;
  readonly instances: readonly PlainInstance[];
  readonly batches: readonly (readonly number[])[];
  readonly schedule: Schedule;
  readonly maskedLmLoss: Moments;
  readonly nextSentenceLoss: Moments;
  readonly gradientNorm: Moments;
  /** Mean loss of the last ten steps. */
  readonly lastTen: Moments;
}

function momentsOf(values: readonly number[]): Moments {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { count: values.length, mean, deviation: Math.sqrt(squares / (values.length - 1)) };
}

/** How many standard errors two samples are apart: the larger of their means' and their deviations' distance. */
function distanceOf(a: Moments, b: Moments): number {
  const variance = (m: Moments) => m.deviation ** 2 / m.count;
  const means = Math.abs(a.mean - b.mean) / Math.sqrt(variance(a) + variance(b));
  const deviations = Math.abs(Math.log(a.deviation / b.deviation)) / Math.sqrt(0.5 / a.count + 0.5 / b.count);
  return Math.max(means, deviations);
}

/** The draws are those of fixed seeds, so this is no game of chance; it allows for distributions that are not normal. */
const STANDARD_ERRORS = 4;
const DRAWS = 400;

describe("with dropout on", async () => {
  const golden = await readGolden<Expected>("dropout");
  const { config, expected } = golden;
  const instances = expected.instances.map(instanceOf);
  const batchOf = (rows: readonly number[]) => rows.map((row) => instances[row]!);
  const shape = {
    maxLength: expected.longest,
    maxPredictions: expected.predictions,
    vocabSize: config.vocabSize,
    headCount: config.headCount,
  };

  /** The distance of `DRAWS` draws from PyTorch's. */
  async function strayed(probability: number): Promise<number> {
    const { graph, dropoutPlaces } = pretrainingGraph(config, {
      sequenceLength: expected.longest,
      dropout: true,
      gradients: true,
    });
    const executable = await (await createOrtRuntime({ threads: 1 })).compile(graph);
    const batch = batchOf(expected.batches[0]!);
    const rows = packedShape(batch, expected.longest);
    const feeds: Record<string, Tensor> = packBatch(batch, shape, batchScales(batch));
    for (const [name, tensor] of golden.group("parameter")) {
      feeds[name] = tensor;
      feeds[accumulatedName(name)] = zerosLike(tensor);
    }
    const dropout = new DropoutFeeds(dropoutPlaces, probability, 4);
    const names = [...golden.group("parameter").keys()];
    const [masked, next, norms]: [number[], number[], number[]] = [[], [], []];
    try {
      for (let step = 0; step < DRAWS; step++) {
        const outputs = await executable.run({ ...feeds, ...dropout.draw(rows, step, 0) });
        masked.push(Number(outputs["masked_lm_loss"]!.data[0]));
        next.push(Number(outputs["next_sentence_loss"]!.data[0]));
        norms.push(globalNormOf(new Map(names.map((name) => [name, outputs[gradientName(name)]!]))));
      }
    } finally {
      await executable.dispose();
    }
    return Math.max(
      distanceOf(momentsOf(masked), expected.maskedLmLoss),
      distanceOf(momentsOf(next), expected.nextSentenceLoss),
      distanceOf(momentsOf(norms), expected.gradientNorm),
    );
  }

  test("losses and gradient norms are distributed as PyTorch's", async () => {
    expect(await strayed(expected.probability)).toBeLessThan(STANDARD_ERRORS);
  });

  test("they are not when the probability is 0.15 in place of 0.2", async () => {
    expect(await strayed(0.15)).toBeGreaterThan(STANDARD_ERRORS);
  });

  test("the losses that training ends with are distributed as PyTorch's over seeds", async () => {
    const ends: number[] = [];
    const runtime = await createOrtRuntime({ threads: 1 });
    for (let seed = 0; seed < 8; seed++) {
      const state = createTrainingState(config);
      for (const [name, tensor] of golden.group("parameter"))
        (state.weights.tensors.get(name)!.data as Float32Array).set(tensor.data as Float32Array);
      const { schedule, probability: dropout } = expected;
      const options = { config, shape, schedule, dropout, seed, microBatch: 8 };
      const pretrainer = await Pretrainer.create(runtime, options, state);
      const losses: number[] = [];
      for (const [step, rows] of expected.batches.entries())
        losses.push((await pretrainer.step(batchOf(rows), step))!.loss);
      await pretrainer.dispose();
      ends.push(losses.slice(-10).reduce((sum, loss) => sum + loss, 0) / 10);
    }
    expect(momentsOf(ends).deviation).toBeGreaterThan(0);
    expect(distanceOf(momentsOf(ends), expected.lastTen)).toBeLessThan(STANDARD_ERRORS);
  });
});
