/**
 * Both losses and the gradient of every parameter against PyTorch autograd on transformers' BertForPreTraining with Google's
 * losses: the float64 interpreter must agree to 1e-12, onnxruntime in float32 must err at most twice as much as PyTorch in
 * float32 does. Then the mutants of the numerics contract, each of which must be told apart by both.
 */
import { afterEach, describe, expect, test } from "vitest";
import { PRETRAINING_HEADS, parameterTable } from "../../src/bert/index.js";
import {
  differentiate,
  type Graph,
  gradientName,
  type Node,
  resolveDim,
  Tensor,
} from "../../src/graph/index.js";
import type { PretrainingInstance } from "../../src/instances/index.js";
import {
  createOrtRuntime,
  createReferenceRuntime,
  liveExecutables,
  type Runtime,
} from "../../src/runtime/index.js";
import { batchScales, packBatch, packedShape } from "../../src/training/pretraining-batch.js";
import { packingSymbols, packTokens } from "../../src/training/token-packing.js";
import { accumulatedName } from "../../src/training/accumulated-gradients.js";
import { pretrainingGraph } from "../../src/training/pretraining-graph.js";
import {
  errorByName,
  type Golden,
  globalNormOf,
  instanceOf,
  isKeyBias,
  norm,
  type PlainInstance,
  readGolden,
  toFloat64,
  zerosLike,
} from "./golden.js";
import { editGraph, splitInput } from "./graph-edit.js";

afterEach(() => expect(liveExecutables()).toBe(0));

interface Expected {
  readonly longest: number;
  readonly predictions: number;
  readonly instances: readonly PlainInstance[];
  readonly maskedLmLoss: number;
  readonly nextSentenceLoss: number;
  readonly float32Losses: readonly [number, number];
  readonly float32Errors: Readonly<Record<string, number>>;
}

const EXACT = 1e-12;
/** Below this a float32 error is luck, above all in tensors of a few elements. */
const FLOAT32_FLOOR = 3e-7;
const FLOAT32_LOSS_FLOOR = 5e-7;
/** Of the gradient of the key bias, relative to the norm of all gradients. */
const KEY_BIAS = 1e-7;
const WORDS = "bert.embeddings.word_embeddings.weight";

const RUNTIMES: [string, () => Promise<Runtime>][] = [
  ["reference", async () => createReferenceRuntime()],
  ["ort-node", () => createOrtRuntime({ threads: 2 })],
];

/** What a mutant changes. */
interface Mutation {
  readonly instances?: (instances: readonly PretrainingInstance[]) => readonly PretrainingInstance[];
  readonly maskedLmScale?: (weights: number, places: number) => number;
  /** The graph that computes the losses, and which of its inputs' gradients make up that of the word embeddings. */
  readonly graph?: (forward: Graph) => Graph;
  readonly wordGradients?: readonly string[];
}

/** The word embeddings as the decoder reads them, in graphs where the two are apart. */
const DECODER = "decoder";

function untied(forward: Graph): Graph {
  const readsTable = ({ op, inputs: [, table] }: Node): boolean =>
    op === "gemm" && table?.node.op === "input" && table.node.attributes.name === WORDS;
  return splitInput(forward, WORDS, DECODER, readsTable);
}

const MUTANTS: Readonly<Record<string, Mutation>> = {
  "the tied decoder's gradient without its embedding half": { graph: untied, wordGradients: [DECODER] },
  "the tied decoder's gradient without its decoder half": { graph: untied, wordGradients: [WORDS] },
  "tanh for erf": {
    graph: (forward) =>
      editGraph(forward, (node) => (node.op === "gelu" ? { attributes: { form: "tanh" } } : null)),
  },
  "next-sentence labels swapped": {
    instances: (instances) =>
      instances.map((instance) => ({ ...instance, isRandomNext: !instance.isRandomNext })),
  },
  "masked-LM normaliser without Σw": { maskedLmScale: (_, places) => 1 / (places + 1e-5) },
  "masked-LM normaliser without 1e-5": { maskedLmScale: (weights) => 1 / weights },
};

/** Everything that disagrees with PyTorch more than it may. */
async function disagreements(
  runtime: Runtime,
  golden: Golden<Expected>,
  mutation: Mutation = {},
): Promise<string[]> {
  const { config, expected } = golden;
  const exact = runtime.name === "reference";
  const { graph: forward } = pretrainingGraph(config, {
    sequenceLength: expected.longest,
    dropout: false,
    gradients: false,
  });
  const graph = mutation.graph?.(forward) ?? forward;
  const { wordGradients = [WORDS] } = mutation;
  const names = parameterTable(config, PRETRAINING_HEADS).map(({ name }) => name);
  const sources = [...new Set([...names, ...wordGradients])];
  const executable = await runtime.compile(differentiate(graph, "loss", sources));
  const outputs = await executable.run(feedsOf(golden, exact, mutation));
  await executable.dispose();

  const gradients = new Map(names.map((name) => [name, outputs[gradientName(name)]!]));
  gradients.set(WORDS, sumOf(wordGradients.map((name) => outputs[gradientName(name)]!)));
  return [
    ...lossDisagreements(outputs, expected, exact),
    ...gradientDisagreements(gradients, golden.group("gradient"), expected, exact),
  ];
}

type Batch = Pick<Expected, "longest" | "predictions" | "instances">;

function feedsOf({ config, expected, group }: Golden<Batch>, exact: boolean, mutation: Mutation) {
  const { longest: maxLength, predictions: maxPredictions } = expected;
  const plain = expected.instances.map(instanceOf);
  const instances = mutation.instances?.(plain) ?? plain;
  const shape = { maxLength, maxPredictions, ...config };
  const scales = batchScales(instances);
  const weights = instances.reduce((sum, { maskedIds }) => sum + maskedIds.length, 0);
  const maskedLm = mutation.maskedLmScale?.(weights, instances.length * maxPredictions) ?? scales.maskedLm;
  const feeds = packBatch(instances, shape, { ...scales, maskedLm });
  const scalar = (value: number) =>
    exact ? new Tensor("float64", Float64Array.of(value), []) : Tensor.float32([value], []);
  const parameters = [...group("parameter")].map(([name, tensor]) => [
    name,
    exact ? toFloat64(tensor) : tensor,
  ]);
  return {
    ...feeds,
    masked_lm_scale: scalar(maskedLm),
    next_sentence_scale: scalar(scales.nextSentence),
    ...(Object.fromEntries(parameters) as Record<string, Tensor>),
    [DECODER]: Object.fromEntries(parameters)[WORDS] as Tensor,
  };
}

function sumOf(tensors: readonly Tensor[]): Tensor {
  const [first, ...rest] = tensors as [Tensor, ...Tensor[]];
  const sum = Float64Array.from(first.data as Float32Array);
  for (const { data } of rest) for (let i = 0; i < sum.length; i++) sum[i]! += Number(data[i]);
  return new Tensor("float64", sum, first.dims);
}

function lossDisagreements(
  outputs: Readonly<Record<string, Tensor>>,
  { maskedLmLoss, nextSentenceLoss, float32Losses }: Expected,
  exact: boolean,
): string[] {
  const losses: [string, number, number][] = [
    ["masked_lm_loss", maskedLmLoss, float32Losses[0]],
    ["next_sentence_loss", nextSentenceLoss, float32Losses[1]],
  ];
  return losses.flatMap(([name, value, float32]) => {
    const error = Math.abs(Number(outputs[name]!.data[0]) - value) / value;
    const allowed = Math.max(2 * Math.abs(float32 / value - 1), FLOAT32_LOSS_FLOOR);
    return error <= (exact ? EXACT : allowed) ? [] : [`${name}: ${error}`];
  });
}

function gradientDisagreements(
  gradients: ReadonlyMap<string, Tensor>,
  expected: ReadonlyMap<string, Tensor>,
  { float32Errors }: Expected,
  exact: boolean,
): string[] {
  const whole = globalNormOf(expected);
  return [...errorByName(gradients, expected)].flatMap(([name, error]) => {
    const allowed = Math.max(2 * float32Errors[name]!, FLOAT32_FLOOR);
    const agrees = isKeyBias(name)
      ? norm(gradients.get(name)!) <= (exact ? EXACT : KEY_BIAS) * whole
      : error <= (exact ? EXACT : allowed);
    return agrees ? [] : [`${name}: ${error}`];
  });
}

describe.each(RUNTIMES)("%s", (_, create) => {
  test.each(["gelu", "gelu_new", "relu", "few"])("losses and all gradients, case %s", async (name) => {
    const golden = await readGolden<Expected>(`gradients-${name}`);
    expect([...golden.group("gradient").keys()].sort()).toEqual(
      parameterTable(golden.config, PRETRAINING_HEADS)
        .map((parameter) => parameter.name)
        .sort(),
    );
    expect(await disagreements(await create(), golden)).toEqual([]);
  });

  test.each(Object.keys(MUTANTS))("the mutant does not pass: %s", async (name) => {
    const golden = await readGolden<Expected>("gradients-few");
    const found = await disagreements(await create(), golden, MUTANTS[name]!);
    expect(found.length).toBeGreaterThan(0);
  });

  test("splitting the tied decoder in two and adding both halves changes nothing", async () => {
    const golden = await readGolden<Expected>("gradients-few");
    const halves = { graph: untied, wordGradients: [WORDS, DECODER] };
    expect(await disagreements(await create(), golden, halves)).toEqual([]);
  });
});

test("gradients are added to those of earlier micro-batches", async () => {
  const golden = await readGolden<Expected>("gradients-gelu");
  const graph = pretrainingGraph(golden.config, {
    sequenceLength: golden.expected.longest,
    dropout: false,
    gradients: true,
  }).graph;
  const executable = await createReferenceRuntime().compile(graph);
  const gradients = golden.group("gradient");
  const accumulated = [...gradients].map(([name, gradient]): [string, Tensor] => [
    accumulatedName(name),
    name.endsWith("bias") ? zerosLike(gradient) : gradient,
  ]);
  const outputs = await executable.run({
    ...feedsOf(golden, true, {}),
    ...Object.fromEntries(accumulated),
  });
  await executable.dispose();
  const expected = new Map(
    [...gradients].map(([name, gradient]) => [
      name,
      name.endsWith("bias") ? gradient : sumOf([gradient, gradient]),
    ]),
  );
  const found = new Map([...gradients.keys()].map((name) => [name, outputs[gradientName(name)]!]));
  for (const [name, error] of errorByName(found, expected))
    if (!isKeyBias(name)) expect(error, name).toBeLessThan(EXACT);
});

describe("with given dropout masks", async () => {
  interface Dropped extends Omit<Expected, "float32Losses" | "float32Errors"> {
    readonly probability: number;
  }
  const golden = await readGolden<Dropped>("gradients-dropout");
  const { config, expected, group } = golden;
  const { graph, dropoutPlaces } = pretrainingGraph(config, {
    sequenceLength: expected.longest,
    dropout: true,
    gradients: false,
  });
  const names = [...group("gradient").keys()];
  const differentiated = differentiate(graph, "loss", names);

  const shape = packedShape(expected.instances.map(instanceOf), expected.longest);
  const symbols = packingSymbols(shape);

  /** The rows of the tokens of a mask [B·S, width], and ones for the empty rows behind them. */
  function packed(bits: Uint8Array, width: number): Uint8Array {
    const rows = new Uint8Array(packTokens(shape, 1).rows * width).fill(1);
    let at = 0;
    for (const [b, length] of shape.lengths.entries()) {
      const start = b * expected.longest * width;
      rows.set(bits.subarray(start, start + length * width), at);
      at += length * width;
    }
    return rows;
  }

  /** The largest error of losses and gradients; `kept` is a place whose mask drops nothing. */
  async function largestError(runtime: Runtime, kept?: string): Promise<number> {
    const exact = runtime.name === "reference";
    const feeds: Record<string, Tensor> = feedsOf(golden, exact, {});
    const masks = group("mask");
    for (const { input, dims } of dropoutPlaces) {
      const place = input.replace("dropout/", "");
      const scale = 1 / (1 - expected.probability);
      const bits = masks.get(place)!.data as Uint8Array;
      const mask = Array.from(dims.length === 2 ? packed(bits, config.hiddenSize) : bits, (bit) =>
        place === kept ? 1 : bit * scale,
      );
      const numbers = dims.map((dim) => resolveDim(dim, symbols));
      feeds[input] = exact
        ? new Tensor("float64", Float64Array.from(mask), numbers)
        : Tensor.float32(mask, numbers);
    }
    const executable = await runtime.compile(differentiated);
    const outputs = await executable.run(feeds);
    await executable.dispose();
    const gradients = new Map(names.map((name) => [name, outputs[gradientName(name)]!]));
    const errors = [...errorByName(gradients, group("gradient"))].filter(([name]) => !isKeyBias(name));
    return Math.max(
      Math.abs(Number(outputs["masked_lm_loss"]!.data[0]) / expected.maskedLmLoss - 1),
      Math.abs(Number(outputs["next_sentence_loss"]!.data[0]) / expected.nextSentenceLoss - 1),
      ...errors.map(([, error]) => error),
    );
  }

  test("the places are those of transformers, in its order", () => {
    expect(dropoutPlaces.map(({ input }) => input.replace("dropout/", ""))).toEqual([
      "embeddings",
      ...[0, 1].flatMap((layer) =>
        ["attention.probabilities", "attention.output", "output"].map((kind) => `layer.${layer}.${kind}`),
      ),
    ]);
    expect([...group("mask").keys()].sort()).toEqual(
      dropoutPlaces.map(({ input }) => input.replace("dropout/", "")).sort(),
    );
  });

  test("losses and gradients are PyTorch's", async () => {
    expect(await largestError(createReferenceRuntime())).toBeLessThan(EXACT);
    expect(await largestError(await createOrtRuntime({ threads: 2 }))).toBeLessThan(5e-6);
  });

  test.each(dropoutPlaces.map(({ input }) => input.replace("dropout/", "")))(
    "they are not when nothing is dropped at %s",
    async (place) => {
      expect(await largestError(await createOrtRuntime({ threads: 1 }), place)).toBeGreaterThan(1e-3);
    },
  );
});
