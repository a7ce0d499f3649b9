/**
 * Losses, gradients and 80 updates of fine-tuning against PyTorch (`oracle/generate/finetuning_pytorch.py`): the default recipe
 * and the two of the preset `alsentzer2019`. Float64 is the arbiter; our float32 may err twice as far from it as PyTorch's.
 */
import { afterEach, describe, expect, test } from "vitest";
import { openSafetensors } from "../../src/checkpoint/index.js";
import { type BertConfig, readBertConfig } from "../../src/bert/index.js";
import { Tensor } from "../../src/graph/index.js";
import { createOrtRuntime, liveExecutables } from "../../src/runtime/index.js";
import type { PlannedBatch } from "../../src/tasks/finetuning/batch-plan.js";
import type { Feature } from "../../src/tasks/finetuning/feature.js";
import { Finetuner } from "../../src/tasks/finetuning/finetuner.js";
import { type FinetuneRecipe, headsOf, presetSettings } from "../../src/tasks/finetuning/recipe.js";
import { createTrainingState } from "../../src/training/pretrainer.js";
import { distance, errorByName, globalNormOf, isKeyBias } from "../training/golden.js";

afterEach(() => expect(liveExecutables()).toBe(0));

interface Expected {
  readonly preset: "default" | "alsentzer2019";
  readonly task: "ner" | "classification";
  readonly labels: number;
  readonly learningRate: number;
  readonly classWeights: readonly number[] | null;
  readonly maxLength: number;
  readonly features: readonly { ids: number[]; typeIds: number[]; labels: number[] }[];
  readonly batches: readonly PlannedBatch[];
  readonly losses: readonly number[];
  readonly float32Loss: number;
  readonly gradientErrors: Readonly<Record<string, number>>;
  readonly finalErrors: Readonly<Record<string, number>>;
  readonly clipped: number;
}

interface Golden {
  readonly config: BertConfig;
  readonly expected: Expected;
  readonly group: (prefix: string) => Map<string, Tensor>;
}

/** Below these an error of float32 is luck. */
const LOSS_FLOOR = 1e-6;
const GRADIENT_FLOOR = 5e-7;
const FINAL_FLOOR = 5e-6;
/** Of the gradient of the key bias, which is 0 in mathematics, relative to the norm of all gradients. */
const KEY_BIAS = 1e-6;

async function readGolden(name: string): Promise<Golden> {
  const weights = await openSafetensors(
    new URL(`../oracle/finetuning/${name}.safetensors`, import.meta.url).pathname,
  );
  try {
    const tensors: [string, Tensor][] = [];
    for (const info of weights.tensors) tensors.push([info.name, await weights.read(info.name)]);
    const expected = JSON.parse(weights.metadata["expected"]!) as Expected;
    const labels = Array.from({ length: expected.labels }, (_, index) => `L${index}`);
    return {
      config: { ...readBertConfig(JSON.parse(weights.metadata["config"]!)), labels },
      expected,
      group: (prefix) =>
        new Map(
          tensors
            .filter(([key]) => key.startsWith(`${prefix}/`))
            .map(([key, tensor]) => [key.slice(prefix.length + 1), tensor]),
        ),
    };
  } finally {
    await weights.close();
  }
}

function recipeOf({ config, expected }: Golden): FinetuneRecipe {
  return {
    ...presetSettings(expected.preset),
    task: expected.task,
    preset: expected.preset,
    model: "",
    labels: config.labels,
    learningRate: expected.learningRate,
    maxLength: expected.maxLength,
    batchSize: 8,
    dropout: 0,
    device: "cpu",
    threads: 1,
  };
}

interface Trained {
  readonly losses: readonly number[];
  readonly gradients: Map<string, Tensor>;
  readonly weights: ReadonlyMap<string, Tensor>;
}

async function train(
  golden: Golden,
  changes: Partial<FinetuneRecipe> = {},
  mutate = (f: Feature) => f,
): Promise<Trained> {
  const { config, expected } = golden;
  const recipe = { ...recipeOf(golden), ...changes };
  const state = createTrainingState(config, headsOf(recipe.task));
  for (const [name, { data }] of golden.group("parameter"))
    (state.weights.tensors.get(name)!.data as Float32Array).set(data as Float32Array);
  const features = expected.features.map(({ ids, typeIds, labels }, example) =>
    mutate({
      example,
      ids: Int32Array.from(ids),
      typeIds: Uint8Array.from(typeIds),
      labels: Int32Array.from(labels),
      words: null,
    }),
  );
  const trainer = await Finetuner.create(
    await createOrtRuntime({ threads: 1 }),
    {
      config,
      recipe,
      totalSteps: expected.batches.length,
      ...(expected.classWeights === null ? {} : { classWeights: expected.classWeights }),
    },
    state,
  );
  try {
    await trainer.computeGradients(features, expected.batches[0]!, 0);
    const gradients = new Map(
      [...trainer.gradients.tensors].map(([name, tensor]) => [
        name,
        Tensor.float32((tensor.data as Float32Array).slice(), tensor.dims),
      ]),
    );
    const losses: number[] = [];
    for (const [step, batch] of expected.batches.entries())
      losses.push((await trainer.step(features, batch, step))!.loss);
    return { losses, gradients, weights: state.weights.tensors };
  } finally {
    await trainer.dispose();
  }
}

/** Everything that disagrees with PyTorch more than it may. */
function disagreements({ expected, group }: Golden, { losses, gradients, weights }: Trained): string[] {
  const found: string[] = [];
  const loss = Math.max(...losses.map((each, step) => Math.abs(each / expected.losses[step]! - 1)));
  if (loss > Math.max(2 * expected.float32Loss, LOSS_FLOOR)) found.push(`loss ${loss}`);
  const compare = (
    kind: string,
    actual: ReadonlyMap<string, Tensor>,
    wanted: ReadonlyMap<string, Tensor>,
    errors: Readonly<Record<string, number>>,
    floor: number,
  ): void => {
    for (const [name, error] of errorByName(actual, wanted))
      if (!isKeyBias(name) && error > Math.max(2 * errors[name]!, floor))
        found.push(`${kind} ${name} ${error}`);
  };
  const [wantedGradients, wantedWeights] = [group("gradient"), group("final")];
  compare("gradient", gradients, wantedGradients, expected.gradientErrors, GRADIENT_FLOOR);
  compare("final", weights, wantedWeights, expected.finalErrors, FINAL_FLOOR);
  const whole = globalNormOf(wantedGradients);
  for (const [name, wanted] of wantedGradients)
    if (isKeyBias(name) && distance(gradients.get(name)!, wanted) > KEY_BIAS * whole)
      found.push(`gradient ${name}`);
  return found;
}

describe.each(["tokens", "texts", "tokens-alsentzer2019", "texts-alsentzer2019"])("%s", async (name) => {
  const golden = await readGolden(name);

  test("losses, gradients and weights after 80 updates are PyTorch's", async () => {
    expect(golden.expected.clipped).toBeGreaterThan(0.3);
    expect(golden.expected.losses.length).toBe(80);
    expect(disagreements(golden, await train(golden))).toEqual([]);
  });

  test("in micro-batches they are the same", async () => {
    expect(disagreements(golden, await train(golden, { tokensAtOnce: 72 }))).toEqual([]);
  });

  test.each<[string, Partial<FinetuneRecipe>]>([
    ["no weight decay", { weightDecay: 0 }],
    ["a longer warm-up", { warmupShare: 0.15 }],
    [
      "the other preset's optimizer",
      { preset: golden.expected.preset === "default" ? "alsentzer2019" : "default" },
    ],
  ])("a mutant is noticed: %s", async (_, changes) => {
    // The other preset also asks padding for answers and knows no groups; either way it is another training.
    expect(disagreements(golden, await train(golden, changes))).not.toEqual([]);
  });

  test("a mutant is noticed: a class taken for its neighbour", async () => {
    const shifted = (feature: Feature): Feature => ({
      ...feature,
      labels: feature.labels.map((label) => (label === 1 ? 2 : label)),
    });
    expect(disagreements(golden, await train(golden, {}, shifted))).not.toEqual([]);
  });
});
