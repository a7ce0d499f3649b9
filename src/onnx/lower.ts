/** @file Lowers a whole graph to an ONNX ModelProto: weights as inputs, or as initialisers when their numbers are given. */
import type { Tensor } from "../graph/tensor.js";
import type { Graph, Node, NodeOf, Value } from "../graph/value.js";
import { float16Bits } from "../util/half.js";
import { bytesOf, type ProtoWriter } from "../util/protobuf.js";
import { Emitter } from "./emitter.js";
import { LOWERINGS, type Lowering } from "./lowerings.js";
import { emitQuantizedGemm, isQuantizable } from "./quantize.js";
import { DATA_TYPES, externalTensorProto, modelProto, tensorProto, valueInfoProto } from "./proto.js";

export interface LowerOptions {
  /** Inputs that become initialisers, by name: the weights of an exported model. */
  readonly initializers?: ReadonlyMap<string, Tensor>;
  /** Gives linear layers on weights among `initializers` 8 bits a weight (`quantize.ts`). */
  readonly quantize?: boolean;
  /** Stores matrices among `initializers` as float16; they are widened when the model is loaded, and all arithmetic is float32. */
  readonly half?: boolean;
  /** Leaves the bytes of `initializers` out: each is the whole of an external file under its own name. */
  readonly external?: boolean;
}

/** The ONNX model of `graph`, as a writer, so that large weights are written without a copy. */
export function lowerGraph(
  graph: Graph,
  { initializers = new Map(), quantize = false, half = false, external = false }: LowerOptions = {},
): ProtoWriter {
  const names = nameValues(graph);
  const inputs = graph.inputs.map((value) => ({ name: names.get(value)!, value }));
  const fed = inputs.filter(({ name }) => !initializers.has(name));
  const emitter = new Emitter(fed);
  const quantized = new Set(quantize ? graph.nodes.filter((node) => isQuantizable(node, initializers)) : []);
  // A weight that only quantized layers read is not written as float32.
  const read = new Set(
    graph.nodes.flatMap((node) =>
      quantized.has(node) ? node.inputs.filter((_, at) => at !== 1) : node.inputs,
    ),
  );
  for (const { name, value } of inputs) {
    const tensor = initializers.get(name);
    if (tensor !== undefined && (read.has(value) || [...graph.outputs.values()].includes(value)))
      if (half && isMatrix(tensor)) emitHalf(emitter, name, tensor);
      else emitter.initializers.push(initializer(name, tensor, external));
  }
  for (const node of graph.nodes) {
    if (quantized.has(node)) emitQuantizedGemm(emitter, node as NodeOf<"gemm">, names, initializers);
    else lowerNode(emitter, node, names);
  }
  for (const [name, value] of graph.outputs)
    if (names.get(value) !== name) emitter.emit("Identity", [names.get(value)!], { outputs: [name] });
  return modelProto({
    nodes: emitter.nodes,
    initializers: emitter.initializers,
    inputs: fed.map(({ name, value }) => valueInfoProto(name, value.dtype, value.dims)),
    outputs: [...graph.outputs].map(([name, value]) => valueInfoProto(name, value.dtype, value.dims)),
  });
}

/** Vectors (biases, gains of layer norms) are small and stay as they are. */
function isMatrix({ type, dims }: Tensor): boolean {
  return type === "float32" && dims.length > 1;
}

function emitHalf(emitter: Emitter, name: string, { data, dims }: Tensor): void {
  const stored = `${name}_half`;
  const bits = Uint16Array.from(data as Float32Array, float16Bits);
  emitter.initializers.push(tensorProto(stored, "float16", dims, bytesOf(bits)));
  emitter.emit("Cast", [stored], { attributes: { to: DATA_TYPES.float32 }, outputs: [name] });
}

function initializer(name: string, { type, dims, data }: Tensor, external: boolean): ProtoWriter {
  if (!external) return tensorProto(name, type, dims, bytesOf(data));
  return externalTensorProto(name, type, dims, { location: name, byteLength: data.byteLength });
}

/** Inputs keep their names, the first name of an output value is its own, all others are numbered. */
function nameValues(graph: Graph): Map<Value, string> {
  const names = new Map<Value, string>();
  for (const value of graph.inputs)
    if (value.node.op === "input") names.set(value, value.node.attributes.name);
  for (const [name, value] of graph.outputs) if (!names.has(value)) names.set(value, name);
  for (const node of graph.nodes)
    for (const value of node.outputs) if (!names.has(value)) names.set(value, `value_${value.id}`);
  return names;
}

function lowerNode<N extends Node>(emitter: Emitter, node: N, names: ReadonlyMap<Value, string>): void {
  const lowering = LOWERINGS[node.op] as unknown as Lowering<N["op"]>;
  lowering(
    emitter,
    node as never,
    node.inputs.map((value) => names.get(value)!),
    node.outputs.map((value) => names.get(value)!),
  );
}
