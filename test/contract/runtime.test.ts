import { createHash } from "node:crypto";
import { availableParallelism } from "node:os";
import { afterEach, describe, expect, test } from "vitest";
import { differentiate, GraphBuilder, OPS, type OpKind, Tensor } from "../../src/graph/index.js";
import {
  createOrtRuntime,
  createReferenceRuntime,
  liveExecutables,
  type Runtime,
} from "../../src/runtime/index.js";
import { bytesOf } from "../../src/util/protobuf.js";
import { OP_SAMPLES, type OpSample, sampleFeeds, sampleGraph } from "./op-samples.js";

afterEach(() => expect(liveExecutables()).toBe(0));

const RUNS = 20;
const THREADS = [...new Set([1, 2, availableParallelism()])];
const samples = Object.entries(OP_SAMPLES).flatMap(([op, cases]) =>
  cases.map((sample) => ({ op: op as OpKind, sample, name: sample.name })),
);

/** The op and, where it has one, the gradient of Σ y² / 2 with respect to its float inputs. */
function withGradients(op: OpKind, sample: OpSample) {
  const graph = sampleGraph(sample);
  if (OPS[op].gradient === "none") return graph;
  const g = GraphBuilder.from(graph);
  const y = graph.outputs.get("y")!;
  const halved = g.mul(g.mul(y, y), g.scalar(0.5));
  g.output(
    "loss",
    y.dims.length === 0
      ? halved
      : g.reduceSum(
          halved,
          y.dims.map((_, axis) => axis),
        ),
  );
  const names = Object.entries(sample.inputs).flatMap(([name, { dtype }]) =>
    dtype === undefined ? [name] : [],
  );
  return differentiate(g.finish(), "loss", names);
}

function hashOf(tensors: Record<string, Tensor>): string {
  const hash = createHash("sha256");
  for (const name of Object.keys(tensors).sort()) hash.update(bytesOf(tensors[name]!.data));
  return hash.digest("hex");
}

describe.each(samples)("ort-node computes $name", ({ op, sample }) => {
  test("as the float64 reference does, with equal bits in 20 runs at every number of threads", async () => {
    const graph = withGradients(op, sample);
    const reference = await createReferenceRuntime().compile(graph);
    const expected = await reference.run(sampleFeeds(sample, "float64"));
    await reference.dispose();
    const hashes = new Set<string>();
    for (const threads of THREADS) {
      const executable = await (await createOrtRuntime({ threads })).compile(graph);
      const feeds = sampleFeeds(sample, "float32");
      for (let run = 0; run < RUNS; run++) {
        const outputs = await executable.run(feeds);
        hashes.add(hashOf(outputs));
        if (run > 0) continue;
        for (const [name, tensor] of Object.entries(outputs)) {
          expect(tensor.dims, name).toEqual(expected[name]!.dims);
          expectClose(tensor, expected[name]!, name);
        }
      }
      await executable.dispose();
    }
    expect(hashes.size).toBe(1);
  });
});

/** Relative to the largest element: rounding of float32 inputs and of sums of up to 4096 terms. */
function expectClose(actual: Tensor, expected: Tensor, name: string): void {
  const scale = [...expected.data].reduce<number>(
    (largest, value) => Math.max(largest, Math.abs(Number(value))),
    1e-6,
  );
  for (let index = 0; index < expected.size; index++)
    expect(
      Math.abs(Number(actual.data[index]) - Number(expected.data[index])) / scale,
      `${name}[${index}]`,
    ).toBeLessThan(4e-6);
}

const RUNTIMES: [string, () => Promise<Runtime>][] = [
  ["ort-node", () => createOrtRuntime({ threads: 2 })],
  ["reference", async () => createReferenceRuntime()],
];

describe.each(RUNTIMES)("the contract of every runtime: %s", (_, create) => {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", ["B", 3]);
  const sum = g.input("sum", "float32", [3]);
  g.output("y", g.add(x, sum));
  g.output("same", sum);
  const graph = g.finish();
  const feeds = { x: Tensor.float32([1, 2, 3, 4, 5, 6], [2, 3]), sum: Tensor.float32([10, 20, 30], [3]) };

  test("takes several sizes of a symbol, one after the other", async () => {
    const executable = await (await create()).compile(graph);
    expect([...(await executable.run(feeds))["y"]!.data]).toEqual([11, 22, 33, 14, 25, 36]);
    const longer = { ...feeds, x: Tensor.float32(new Float32Array(9), [3, 3]) };
    expect((await executable.run(longer))["y"]!.dims).toEqual([3, 3]);
    await executable.dispose();
  });

  test("writes preallocated outputs in place, views with an offset included", async () => {
    const executable = await (await create()).compile(graph);
    const memory = new Float32Array(10);
    const y = new Tensor("float32", memory.subarray(2, 8), [2, 3]);
    expect((await executable.run(feeds, { y }))["y"]).toBe(y);
    expect([...memory]).toEqual([0, 0, 11, 22, 33, 14, 25, 36, 0, 0]);
    await executable.dispose();
  });

  test("refuses missing, mistyped and misshapen feeds by name", async () => {
    const executable = await (await create()).compile(graph);
    await expect(executable.run({ x: feeds.x })).rejects.toThrow(/input sum was not fed/);
    await expect(executable.run({ ...feeds, x: Tensor.int32([1, 2, 3], [1, 3]) })).rejects.toThrow(
      /x is int32 \[1, 3\]/,
    );
    await expect(executable.run({ ...feeds, x: Tensor.float32([1, 2], [1, 2]) })).rejects.toMatchObject({
      code: "RUNTIME_FEED",
    });
    await executable.dispose();
    await executable.dispose();
  });
});

test("an output may overwrite the input that it accumulates into", async () => {
  const g = new GraphBuilder();
  const a = g.input("a", "float32", [64, 32]);
  const b = g.input("b", "float32", [64, 48]);
  const total = g.input("total", "float32", [32, 48]);
  g.output("next", g.gemm(a, b, { transA: true, addend: total }));
  const executable = await (await createOrtRuntime({ threads: 2 })).compile(g.finish());
  const ones = (rows: number, columns: number): Tensor =>
    Tensor.float32(new Float32Array(rows * columns).fill(1), [rows, columns]);
  const sum = Tensor.zeros("float32", [32, 48]);
  for (let run = 1; run <= 3; run++) {
    await executable.run({ a: ones(64, 32), b: ones(64, 48), total: sum }, { next: sum });
    expect(new Set(sum.data as Float32Array)).toEqual(new Set([64 * run]));
  }
  await executable.dispose();
});

test("a device that is not here is refused by name, never replaced in silence", async () => {
  const runtime = await createOrtRuntime({ device: "cuda" });
  const g = new GraphBuilder();
  g.output("y", g.exp(g.input("x", "float32", [2])));
  await expect(runtime.compile(g.finish())).rejects.toMatchObject({ code: "RUNTIME_DEVICE" });
});

test("sums of 22 million numbers keep six digits", async () => {
  const [rows, columns] = [28996, 768];
  const g = new GraphBuilder();
  const x = g.input("x", "float32", [rows, columns]);
  g.output("y", g.reduceSum(x, [0, 1]));
  const data = Float32Array.from({ length: rows * columns }, (_, i) => 0.5 + ((i * 7919) % 1000) / 1000);
  const expected = data.reduce((sum, value) => sum + value, 0);
  const executable = await (await createOrtRuntime({ threads: 2 })).compile(g.finish());
  const { y } = await executable.run({ x: Tensor.float32(data, [rows, columns]) });
  expect(Math.abs(Number(y!.data[0]) - expected) / expected).toBeLessThan(1e-6);
  await executable.dispose();
});
