import { afterEach, describe, expect, test } from "vitest";
import {
  differentiate,
  type Graph,
  GraphBuilder,
  gradientName,
  OPS,
  type OpKind,
  Tensor,
} from "../../src/graph/index.js";
import { createReferenceRuntime, liveExecutables, type TensorMap } from "../../src/runtime/index.js";
import { OP_SAMPLES, type OpSample, sampleFeeds, sampleGraph } from "../contract/op-samples.js";

afterEach(() => expect(liveExecutables()).toBe(0));

const STEP = 1e-5;
/** Central differences in float64: truncation about STEP², rounding about 1e-16 / STEP. */
const TOLERANCE = 2e-8;

/** loss = Σ weights ∘ y with fixed weights, so that no symmetry of the op hides a wrong gradient. */
function withLoss(sample: OpSample): Graph {
  const graph = sampleGraph(sample);
  const g = GraphBuilder.from(graph);
  const y = graph.outputs.get("y")!;
  const weights = g.input("weights", "float32", y.dims);
  const weighted = g.mul(y, weights);
  g.output(
    "loss",
    y.dims.length === 0
      ? weighted
      : g.reduceSum(
          weighted,
          y.dims.map((_, axis) => axis),
        ),
  );
  return g.finish();
}

async function evaluate(graph: Graph, feeds: TensorMap): Promise<Record<string, Tensor>> {
  const executable = await createReferenceRuntime().compile(graph);
  try {
    return await executable.run(feeds);
  } finally {
    await executable.dispose();
  }
}

async function lossOf(graph: Graph, feeds: TensorMap): Promise<number> {
  return Number((await evaluate(graph, feeds))["loss"]!.data[0]);
}

const LEAVES: ReadonlySet<OpKind> = new Set(["input", "constant", "zeros", "iota"]);
const differentiable = (Object.entries(OP_SAMPLES) as [OpKind, readonly OpSample[]][]).filter(
  ([op]) => OPS[op].gradient !== "none" || LEAVES.has(op),
);

for (const [op, samples] of differentiable) {
  describe(`gradient of ${op}`, () => {
    // A whole table of numbers would take minutes to perturb one by one; the large sample is for the runtimes.
    test.each(
      samples.filter((sample) => Object.values(sample.inputs).every(({ values }) => values.length < 1000)),
    )("$name equals finite differences", async (sample) => {
      const graph = withLoss(sample);
      const feeds = sampleFeeds(sample, "float64");
      const y = (await evaluate(sampleGraph(sample), feeds))["y"]!;
      const seeded = {
        ...feeds,
        weights: new Tensor(
          "float64",
          Float64Array.from({ length: y.size }, (_, i) => Math.cos(i + 1)),
          y.dims,
        ),
      };
      const names = Object.keys(feeds).filter((name) => feeds[name]!.type === "float64");
      const gradients = await evaluate(differentiate(graph, "loss", names), seeded);
      for (const name of names) {
        const gradient = gradients[gradientName(name)]!;
        expect(gradient.dims).toEqual(feeds[name]!.dims);
        for (let index = 0; index < gradient.size; index++) {
          const nudged = async (by: number): Promise<number> => {
            const data = Float64Array.from(feeds[name]!.data as Float64Array);
            data[index]! += by;
            return lossOf(graph, { ...seeded, [name]: new Tensor("float64", data, feeds[name]!.dims) });
          };
          const numeric = ((await nudged(STEP)) - (await nudged(-STEP))) / (2 * STEP);
          const error = Math.abs(Number(gradient.data[index]) - numeric) / Math.max(1, Math.abs(numeric));
          expect(error, `${name}[${index}]`).toBeLessThan(TOLERANCE);
        }
      }
    });
  });
}

test("an input that the loss does not depend on has a gradient of zeros", async () => {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", [2]);
  g.input("unused", "float32", [3]);
  g.output("loss", g.reduceSum(x, [0]));
  g.output("kept", g.input("unused", "float32", [3]));
  const graph = differentiate(g.finish(), "loss", ["x", "unused"]);
  const feeds = { x: Tensor.float32([1, 2], [2]), unused: Tensor.float32([1, 2, 3], [3]) };
  expect([...(await evaluate(graph, feeds))[gradientName("unused")]!.data]).toEqual([0, 0, 0]);
});

test("a value used twice gets the sum of both gradients, and equal nodes are made once", async () => {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", [2, 2]);
  const y = g.gemm(x, x);
  expect(g.gemm(x, x)).toBe(y);
  g.output("loss", g.reduceSum(g.add(y, g.mul(x, x)), [0, 1]));
  const graph = differentiate(g.finish(), "loss", ["x"]);
  const { "gradient/x": dx } = await evaluate(graph, { x: Tensor.float32([1, 2, 3, 4], [2, 2]) });
  // d/dx Σ (x x) + x² = 1·(row sums + column sums crossed) + 2x
  expect([...dx!.data]).toEqual([3 + 4 + 2, 7 + 4 + 4, 3 + 6 + 6, 7 + 6 + 8]);
});
