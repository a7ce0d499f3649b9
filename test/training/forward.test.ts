/** Whole models against transformers' BertForPreTraining in float64: one compiled graph, several batch sizes and lengths. */
import { afterEach, describe, expect, test } from "vitest";
import { type BertConfig, inferenceGraph, PRETRAINING_HEADS } from "../../src/bert/index.js";
import { type Graph, Tensor } from "../../src/graph/index.js";
import {
  createOrtRuntime,
  createReferenceRuntime,
  liveExecutables,
  type Runtime,
} from "../../src/runtime/index.js";
import { type Golden, largestDifference, readGolden } from "./golden.js";

afterEach(() => expect(liveExecutables()).toBe(0));

interface Expected {
  readonly cases: number;
  /** Largest error of transformers itself in float32. */
  readonly float32Error: number;
}

const RUNTIMES: [string, number, () => Promise<Runtime>][] = [
  ["ort-node", 1e-5, () => createOrtRuntime({ threads: 2 })],
  ["reference", 1e-12, async () => createReferenceRuntime()],
];

/** Largest error of every output of `graph` over all cases. */
async function errorsOf(
  runtime: Runtime,
  graph: Graph,
  golden: Golden<Expected>,
): Promise<Map<string, number>> {
  const executable = await runtime.compile(graph);
  const errors = new Map<string, number>();
  try {
    for (let index = 0; index < golden.expected.cases; index++) {
      const data = golden.group(String(index));
      data.set(`hidden_states.${golden.config.layerCount}`, data.get("last_hidden_state")!);
      const feeds = Object.fromEntries<Tensor>([...golden.group("parameter"), ...data]);
      for (const [name, tensor] of Object.entries(await executable.run(feeds))) {
        expect(tensor.dims, name).toEqual(data.get(name)!.dims);
        errors.set(name, Math.max(errors.get(name) ?? 0, largestDifference(tensor, data.get(name)!)));
      }
    }
  } finally {
    await executable.dispose();
  }
  return errors;
}

function pretrainingHeads(config: BertConfig): Graph {
  return inferenceGraph(config, { heads: PRETRAINING_HEADS, hiddenStates: true });
}

describe.each(["gelu", "gelu_new", "relu"])("BERT with %s", (activation) => {
  test.each(RUNTIMES)("%s gives the numbers of transformers within %f", async (_, tolerance, create) => {
    const golden = await readGolden<Expected>(`forward-${activation}`);
    const { config } = golden;
    const runtime = await create();
    const heads = await errorsOf(runtime, pretrainingHeads(config), golden);
    const body = await errorsOf(runtime, inferenceGraph(config, { heads: ["pooler"] }), golden);
    expect([...body.keys()].sort()).toEqual(["last_hidden_state", "pooler_output"]);
    expect([...heads.keys()].sort()).toEqual([
      ...Array.from({ length: config.layerCount + 1 }, (_, layer) => `hidden_states.${layer}`),
      "prediction_logits",
      "seq_relationship_logits",
    ]);
    for (const [name, error] of [...heads, ...body]) expect(error, name).toBeLessThanOrEqual(tolerance);
  });
});

test("the tanh form in place of the erf form does not pass", async () => {
  const golden = await readGolden<Expected>("forward-gelu");
  const graph = pretrainingHeads({ ...golden.config, hiddenActivation: "gelu_new" });
  const errors = await errorsOf(await createOrtRuntime({ threads: 1 }), graph, golden);
  expect(errors.get("prediction_logits")).toBeGreaterThan(5e-5);
});

test.each(RUNTIMES)(
  "%s: an empty sequence gives finite numbers and changes no other",
  async (_, __, create) => {
    const golden = await readGolden<Expected>("forward-gelu");
    const executable = await (await create()).compile(inferenceGraph(golden.config, { heads: ["pooler"] }));
    const data = golden.group("1");
    const feeds = Object.fromEntries<Tensor>([...golden.group("parameter"), ...data]);
    const mask = data.get("attention_mask")!;
    const [rows, length] = mask.dims as readonly [number, number];
    const emptied = BigInt64Array.from(mask.data as BigInt64Array);
    emptied.fill(0n, (rows - 1) * length);
    const plain = await executable.run(feeds);
    const outputs = await executable.run({
      ...feeds,
      attention_mask: new Tensor("int64", emptied, mask.dims),
    });
    await executable.dispose();
    for (const name of ["last_hidden_state", "pooler_output"]) {
      const [before, after] = [plain[name]!, outputs[name]!];
      const others = (before.size / rows) * (rows - 1);
      expect(Array.from(after.data as Float32Array).every(Number.isFinite), name).toBe(true);
      for (let i = 0; i < others; i++)
        expect(Math.abs(Number(after.data[i]) - Number(before.data[i]))).toBeLessThan(1e-6);
    }
  },
);
