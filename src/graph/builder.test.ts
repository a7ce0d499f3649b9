import { describe, expect, test } from "vitest";
import { GraphBuilder } from "./builder.js";
import { accumulate, differentiate, gradientName } from "./differentiate.js";
import { printGraph } from "./printer.js";
import type { Graph, OpKind } from "./value.js";

function ops(graph: Graph): OpKind[] {
  return graph.nodes.map(({ op }) => op);
}

describe("sharing", () => {
  test("equal nodes are made once, different attributes and operands are not", () => {
    const g = new GraphBuilder();
    const x = g.input("x", "float32", ["B", 4]);
    const w = g.input("w", "float32", [4, 4]);
    expect(g.gemm(x, w)).toBe(g.gemm(x, w));
    expect(g.gemm(x, w)).not.toBe(g.gemm(x, w, { transB: true }));
    expect(g.gelu(x, "erf")).not.toBe(g.gelu(x, "tanh"));
    expect(g.sub(x, x)).toBe(g.sub(x, x));
    expect(g.add(g.neg(x), x)).not.toBe(g.add(x, g.neg(x)));
    expect(g.scalar(2)).toBe(g.scalar(2));
    expect(g.input("x", "float32", ["B", 4])).toBe(x);
  });

  test("an input of one name has one shape", () => {
    const g = new GraphBuilder();
    g.input("x", "float32", [2]);
    expect(() => g.input("x", "float32", [3])).toThrow(/graph input x has two shapes/);
  });

  test("goes on across GraphBuilder.from", () => {
    const g = new GraphBuilder();
    const x = g.input("x", "float32", [3]);
    const y = g.exp(x);
    g.output("y", y);
    const more = GraphBuilder.from(g.finish());
    expect(more.exp(x)).toBe(y);
    expect(more.log(x).id).not.toBe(y.id);
  });
});

describe("finish", () => {
  test("leaves out what no output needs, unused inputs among it", () => {
    const g = new GraphBuilder();
    const x = g.input("x", "float32", [3]);
    const unused = g.input("unused", "float32", [3]);
    g.exp(g.add(x, unused));
    g.output("y", g.neg(x));
    const graph = g.finish();
    expect(ops(graph)).toEqual(["input", "neg"]);
    expect(graph.inputs).toEqual([x]);
  });

  test("keeps every node after its inputs", () => {
    const g = new GraphBuilder();
    const x = g.input("x", "float32", ["B", 4]);
    const w = g.input("w", "float32", [4, 4]);
    g.output("loss", g.reduceSum(g.tanh(g.gemm(g.tanh(g.gemm(x, w)), w)), [0, 1]));
    const graph = differentiate(g.finish(), "loss", ["w", "x"]);
    const seen = new Set<number>();
    for (const node of graph.nodes) {
      expect(node.inputs.every((value) => seen.has(value.id))).toBe(true);
      for (const value of node.outputs) seen.add(value.id);
    }
  });

  test("nodes made after a graph was finished and continued have ids of their own", () => {
    const g = new GraphBuilder();
    const x = g.input("x", "float32", [3]);
    g.exp(x);
    g.tanh(x);
    g.output("y", g.neg(x));
    const more = GraphBuilder.from(g.finish());
    const before = more.size;
    more.output("z", more.log(x));
    expect(more.size).toBe(before + 1);
    const ids = more.finish().nodes.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe("differentiate", () => {
  test("refuses a loss that is no scalar output, and an input that is not there", () => {
    const g = new GraphBuilder();
    const x = g.input("x", "float32", [3]);
    g.output("y", g.exp(x));
    g.output("loss", g.reduceSum(x, [0]));
    expect(() => differentiate(g.finish(), "y", ["x"])).toThrow(/no scalar output y/);
    expect(() => differentiate(g.finish(), "loss", ["w"])).toThrow(/no input w/);
  });

  test("computes nothing for inputs that were not asked for", () => {
    const g = new GraphBuilder();
    const [x, w] = [g.input("x", "float32", [2, 3]), g.input("w", "float32", [3, 4])];
    g.output("loss", g.reduceSum(g.gemm(x, w), [0, 1]));
    const count = (names: string[]): number =>
      ops(differentiate(g.finish(), "loss", names)).filter((op) => op === "gemm").length;
    expect(count(["x"])).toBe(2);
    expect(count(["x", "w"])).toBe(3);
  });

  test("a weight used by two products gets their gradients in one chain of products, without a separate sum", () => {
    const g = new GraphBuilder();
    const w = g.input("w", "float32", [4, 4]);
    const x = g.input("x", "float32", ["B", 4]);
    g.output("loss", g.reduceSum(g.gemm(g.gemm(x, w), w), [0, 1]));
    const graph = differentiate(g.finish(), "loss", ["w"]);
    expect(ops(graph)).not.toContain("add");
    const { node } = graph.outputs.get(gradientName("w"))!;
    expect([node.op, node.inputs.length]).toEqual(["gemm", 3]);
  });

  test("a gradient that something else uses is not computed twice to save a sum", () => {
    const g = new GraphBuilder();
    const [x, w] = [g.input("x", "float32", [2, 3]), g.input("w", "float32", [3, 3])];
    const y = g.exp(x);
    // The gradient of the difference is a product: it flows on to y, which has a gradient already, and to tanh x.
    const product = g.gemm(g.sub(y, g.tanh(x)), w);
    g.output("loss", g.add(g.reduceSum(product, [0, 1]), g.reduceSum(g.exp(y), [0, 1])));
    const products = ops(differentiate(g.finish(), "loss", ["x"])).filter((op) => op === "gemm");
    expect(products).toHaveLength(2);
  });
});

test("accumulate puts the other term into a product or a scatter, else adds", () => {
  const g = new GraphBuilder();
  const [a, b] = [g.input("a", "float32", [2, 3]), g.input("b", "float32", [3, 4])];
  const other = g.input("other", "float32", [2, 4]);
  expect(accumulate(g, g.gemm(a, b), other).node.op).toBe("gemm");
  const rows = g.input("rows", "int32", [5]);
  const updates = g.input("updates", "float32", [5, 4]);
  const scattered = accumulate(g, g.scatterAdd(g.zeros([2, 4]), rows, updates), other).node;
  expect([scattered.op, scattered.inputs[0]]).toEqual(["scatterAdd", other]);
  expect(accumulate(g, g.neg(other), g.exp(other)).node.op).toBe("add");
});

describe("shapes", () => {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", ["B", "S", 8]);
  const ids = g.input("ids", "int32", ["B", "S"]);

  test("flow with symbols", () => {
    expect(g.reshape(x, ["B*S", 8]).dims).toEqual(["B*S", 8]);
    expect(g.reshape(x, ["B", "S", 2, 4]).dims).toEqual(["B", "S", 2, 4]);
    expect(g.gather(g.input("table", "float32", [9, 8]), ids).dims).toEqual(["B", "S", 8]);
    expect(g.select(x, 1, 0).dims).toEqual(["B", 8]);
    expect(g.sumTo(x, [8]).dims).toEqual([8]);
    expect(g.sumTo(x, ["B", 1, 8]).dims).toEqual(["B", 1, 8]);
    expect(g.reshape(x, ["B", "S", 8])).toBe(x);
    expect(g.broadcast(x, ["B", "S", 8])).toBe(x);
    expect(g.cast(x, "float32")).toBe(x);
  });

  const table = g.input("floats", "float32", [4]);
  test.each<[string, () => unknown]>([
    ["a reshape to another size", () => g.reshape(x, ["B", 8])],
    ["a product whose inner sizes differ", () => g.gemm(g.reshape(x, ["B*S", 8]), g.zeros([4, 4]))],
    ["a gemm of three dimensions", () => g.gemm(x, x)],
    ["batches that differ", () => g.matmul(x, g.zeros([3, 8, 8]))],
    ["a sum over an axis that is not there", () => g.reduceSum(x, [3])],
    ["a mean over a symbol", () => g.reduceMean(x, [0])],
    ["operands of two types", () => g.add(x, g.cast(x, "float16"))],
    ["indices that are no whole numbers", () => g.gather(table, table)],
    ["a permutation that is none", () => g.transpose(x, [0, 0, 1])],
    ["an index beyond an axis", () => g.select(x, 2, 8)],
    ["a constant of another size", () => g.constant([1, 2, 3], [2])],
    ["layer normalisation with another size", () => g.layerNormalization(x, table, table, 1e-12)],
  ])("%s is refused", (_, make) => {
    expect(make).toThrow(expect.objectContaining({ code: "GRAPH_SHAPE" }));
  });
});

test("a printed graph names nodes, attributes, types and outputs", () => {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", ["B", 3]);
  const w = g.input("w", "float32", [4, 3]);
  g.output("y", g.gemm(x, w, { transB: true }));
  g.output("x", x);
  expect(printGraph(g.finish())).toBe(
    [
      '%0 = input() {"name":"x","dtype":"float32","dims":["B",3]} : float32[B, 3]',
      '%1 = input() {"name":"w","dtype":"float32","dims":[4,3]} : float32[4, 3]',
      '%2 = gemm(%0, %1) {"transA":false,"transB":true,"alpha":1} : float32[B, 4]',
      "return y = %2",
      "return x = %0",
      "",
    ].join("\n"),
  );
});
