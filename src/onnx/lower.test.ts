import { describe, expect, test } from "vitest";
import { BERT_BASE, type BertConfig, inferenceGraph, PRETRAINING_HEADS } from "../bert/index.js";
import { differentiate, type Graph, GraphBuilder, Tensor } from "../graph/index.js";
import { readProtoFields } from "../util/protobuf.js";
import { lowerGraph } from "./lower.js";
import { OPSET } from "./proto.js";

const CONFIG: BertConfig = {
  ...BERT_BASE,
  vocabSize: 20,
  hiddenSize: 8,
  layerCount: 1,
  headCount: 2,
  intermediateSize: 12,
  maxPositions: 8,
};

type Message = Map<number, (Uint8Array | bigint)[]>;

function parse(bytes: Uint8Array): Message {
  const message: Message = new Map();
  for (const { field, value } of readProtoFields(bytes))
    message.set(field, [...(message.get(field) ?? []), value]);
  return message;
}

const text = (value: Uint8Array | bigint | undefined): string =>
  new TextDecoder().decode(value as Uint8Array);

/** The parts of a ModelProto that the tests look at. */
function model(graph: Graph, initializers: ReadonlyMap<string, Tensor> = new Map()) {
  const proto = parse(lowerGraph(graph, { initializers }).toBytes());
  const body = parse(proto.get(7)![0] as Uint8Array);
  const messages = (field: number): Message[] =>
    (body.get(field) ?? []).map((bytes) => parse(bytes as Uint8Array));
  return {
    opsets: proto.get(8)!.map((bytes) => {
      const opset = parse(bytes as Uint8Array);
      return [text(opset.get(1)?.[0]), Number(opset.get(2)![0])];
    }),
    nodes: messages(1).map((node) => ({
      inputs: (node.get(1) ?? []).map(text),
      outputs: (node.get(2) ?? []).map(text),
      type: text(node.get(4)![0]),
      domain: node.has(7) ? text(node.get(7)![0]) : "",
    })),
    initializers: messages(5).map((tensor) => text(tensor.get(8)![0])),
    inputs: messages(11).map((info) => text(info.get(1)![0])),
    outputs: messages(12).map((info) => text(info.get(1)![0])),
  };
}

const encoder = inferenceGraph(CONFIG, { heads: PRETRAINING_HEADS, hiddenStates: true, attentions: true });

/** The encoder with a loss on it, differentiated. */
function trainingGraph(): Graph {
  const g = GraphBuilder.from(encoder);
  const logits = encoder.outputs.get("prediction_logits")!;
  g.output("loss", g.reduceSum(g.mul(logits, logits), [0, 1, 2]));
  const names = encoder.inputs.flatMap(({ node, dtype }) =>
    node.op === "input" && dtype === "float32" ? [node.attributes.name] : [],
  );
  return differentiate(g.finish(), "loss", names);
}

describe.each([
  ["inference", encoder],
  ["training", trainingGraph()],
])("the model of a graph for %s", (_, graph) => {
  const { nodes, initializers, inputs, outputs, opsets } = model(graph);

  test("has the graph's inputs and outputs, in order, and the opsets", () => {
    const names = graph.inputs.map(({ node }) => (node.op === "input" ? node.attributes.name : ""));
    expect(inputs).toEqual(names);
    expect(outputs).toEqual([...graph.outputs.keys()]);
    expect(opsets).toEqual([
      ["", OPSET],
      ["com.microsoft", 1],
    ]);
  });

  test("names every tensor once and reads none before it is made", () => {
    const known = new Set([...inputs, ...initializers]);
    expect(known.size).toBe(inputs.length + initializers.length);
    for (const node of nodes) {
      for (const name of node.inputs) expect(known.has(name), `${node.type} reads ${name}`).toBe(true);
      for (const name of node.outputs) {
        expect(known.has(name), `${node.type} makes ${name}`).toBe(false);
        known.add(name);
      }
    }
    for (const name of outputs) expect(known.has(name), name).toBe(true);
  });

  test("has no ScatterND, whose sums lose updates on two threads, and one foreign operator", () => {
    const types = new Set(nodes.map(({ type }) => type));
    expect(types.has("ScatterND")).toBe(false);
    expect(new Set(nodes.filter(({ domain }) => domain !== "").map(({ type }) => type))).toEqual(
      new Set(["FusedMatMul"]),
    );
  });
});

test("weights given as initialisers are no inputs any more", () => {
  const name = "bert.embeddings.word_embeddings.weight";
  const weights = new Map([[name, Tensor.zeros("float32", [20, 8])]]);
  const plain = model(encoder);
  const exported = model(encoder, weights);
  expect(exported.inputs).toEqual(plain.inputs.filter((input) => input !== name));
  expect(exported.initializers).toContain(name);
});

test("an output that is an input, or that has two names, is copied", () => {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", [2]);
  const y = g.neg(x);
  g.output("same", x);
  g.output("y", y);
  g.output("again", y);
  const { nodes, outputs } = model(g.finish());
  expect(outputs).toEqual(["same", "y", "again"]);
  expect(nodes.map(({ type, inputs, outputs: made }) => [type, ...inputs, ...made])).toEqual([
    ["Neg", "x", "y"],
    ["Identity", "x", "same"],
    ["Identity", "y", "again"],
  ]);
});
