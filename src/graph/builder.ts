/** @file Builds graphs node by node. Equal nodes are made once (common-subexpression sharing); unused ones do not reach the graph. */
import { internalError } from "../errors.js";
import { type Dim, sameDims } from "./dim.js";
import type { DType } from "./dtype.js";
import type { OpDefinition } from "./ops/definition.js";
import { OPS } from "./ops/table.js";
import type { Graph, Node, OpAttributes, OpKind, Value } from "./value.js";

type ProductOptions = Partial<OpAttributes["matmul"]>;

const productAttributes = ({
  transA = false,
  transB = false,
  alpha = 1,
}: ProductOptions): OpAttributes["matmul"] => ({
  transA,
  transB,
  alpha,
});

/** One method per op; the meaning of each op stands in `OpAttributes`, its shape and gradient rules in `ops/`. */
export class GraphBuilder {
  readonly #nodes: Node[] = [];
  readonly #known = new Map<string, Node>();
  readonly #outputs = new Map<string, Value>();
  #nextNode = 0;
  #nextValue = 0;

  /** A builder that goes on where `graph` ended: its values stay valid and shared. */
  static from(graph: Graph): GraphBuilder {
    const builder = new GraphBuilder();
    for (const node of graph.nodes) {
      builder.#nodes.push(node);
      builder.#known.set(keyOf(node.op, node.inputs, node.attributes), node);
      builder.#nextNode = Math.max(builder.#nextNode, node.id + 1);
      for (const value of node.outputs) builder.#nextValue = Math.max(builder.#nextValue, value.id + 1);
    }
    for (const [name, value] of graph.outputs) builder.#outputs.set(name, value);
    return builder;
  }

  /** Number of nodes so far: the id of the next one. */
  get size(): number {
    return this.#nextNode;
  }

  input(name: string, dtype: DType, dims: readonly Dim[]): Value {
    return this.#make("input", [], { name, dtype, dims });
  }
  constant(values: readonly number[], dims: readonly number[], dtype: DType = "float32"): Value {
    return this.#make("constant", [], { values, dims, dtype });
  }
  scalar(value: number): Value {
    return this.constant([value], []);
  }
  zeros(dims: readonly Dim[]): Value {
    return this.#make("zeros", [], { dims });
  }
  iota(size: Dim): Value {
    return this.#make("iota", [], { size });
  }
  add(a: Value, b: Value): Value {
    return this.#make("add", [a, b], {});
  }
  sub(a: Value, b: Value): Value {
    return this.#make("sub", [a, b], {});
  }
  mul(a: Value, b: Value): Value {
    return this.#make("mul", [a, b], {});
  }
  div(a: Value, b: Value): Value {
    return this.#make("div", [a, b], {});
  }
  neg(x: Value): Value {
    return this.#make("neg", [x], {});
  }
  exp(x: Value): Value {
    return this.#make("exp", [x], {});
  }
  log(x: Value): Value {
    return this.#make("log", [x], {});
  }
  sqrt(x: Value): Value {
    return this.#make("sqrt", [x], {});
  }
  erf(x: Value): Value {
    return this.#make("erf", [x], {});
  }
  tanh(x: Value): Value {
    return this.#make("tanh", [x], {});
  }
  relu(x: Value): Value {
    return this.#make("relu", [x], {});
  }
  step(x: Value): Value {
    return this.#make("step", [x], {});
  }
  gelu(x: Value, form: "erf" | "tanh"): Value {
    return this.#make("gelu", [x], { form });
  }
  cast(x: Value, to: DType): Value {
    return x.dtype === to ? x : this.#make("cast", [x], { to });
  }
  gemm(a: Value, b: Value, options: ProductOptions & { readonly addend?: Value } = {}): Value {
    const inputs = options.addend === undefined ? [a, b] : [a, b, options.addend];
    return this.#make("gemm", inputs, productAttributes(options));
  }
  matmul(a: Value, b: Value, options: ProductOptions = {}): Value {
    return this.#make("matmul", [a, b], productAttributes(options));
  }
  transpose(x: Value, permutation: readonly number[]): Value {
    return this.#make("transpose", [x], { permutation });
  }
  reshape(x: Value, dims: readonly Dim[]): Value {
    return sameDims(x.dims, dims) ? x : this.#make("reshape", [x], { dims });
  }
  broadcast(x: Value, dims: readonly Dim[]): Value {
    return sameDims(x.dims, dims) ? x : this.#make("broadcast", [x], { dims });
  }
  select(x: Value, axis: number, index: number): Value {
    return this.#make("select", [x], { axis, index });
  }
  unselect(x: Value, attributes: OpAttributes["unselect"]): Value {
    return this.#make("unselect", [x], attributes);
  }
  reduceSum(x: Value, axes: readonly number[], keepDims = false): Value {
    return this.#make("reduceSum", [x], { axes, keepDims });
  }
  reduceMean(x: Value, axes: readonly number[], keepDims = false): Value {
    return this.#make("reduceMean", [x], { axes, keepDims });
  }
  softmax(x: Value): Value {
    return this.#make("softmax", [x], {});
  }
  logSoftmax(x: Value): Value {
    return this.#make("logSoftmax", [x], {});
  }
  layerNormalization(x: Value, scale: Value, bias: Value, epsilon: number): Value {
    return this.#make("layerNormalization", [x, scale, bias], { epsilon });
  }
  gather(table: Value, indices: Value): Value {
    return this.#make("gather", [table, indices], {});
  }
  scatterAdd(base: Value, indices: Value, updates: Value): Value {
    return this.#make("scatterAdd", [base, indices, updates], {});
  }
  moveRows(x: Value, from: Value, back: Value): Value {
    return this.#make("moveRows", [x, from, back], {});
  }
  pick(x: Value, indices: Value): Value {
    return this.#make("pick", [x, indices], {});
  }
  unpick(x: Value, indices: Value, size: number): Value {
    return this.#make("unpick", [x, indices], { size });
  }
  argmax(x: Value): Value {
    return this.#make("argmax", [x], {});
  }

  /** Sums the axes along which `dims` was broadcast to x, so that the result has `dims`. */
  sumTo(x: Value, dims: readonly Dim[]): Value {
    const lead = x.dims.length - dims.length;
    const axes = x.dims.flatMap((dim, axis) =>
      axis < lead || (dims[axis - lead] === 1 && dim !== 1) ? [axis] : [],
    );
    return this.reshape(axes.length === 0 ? x : this.reduceSum(x, axes, true), dims);
  }

  /** Gives a value a name under which the finished graph computes it. */
  output(name: string, value: Value): void {
    this.#outputs.set(name, value);
  }

  /** The graph of everything that the named outputs need, and nothing else. */
  finish(): Graph {
    const needed = new Set<Node>();
    const pending = [...this.#outputs.values()].map((value) => value.node);
    for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
      if (needed.has(node)) continue;
      needed.add(node);
      for (const value of node.inputs) pending.push(value.node);
    }
    const nodes = this.#nodes.filter((node) => needed.has(node));
    const inputs = nodes.filter((node) => node.op === "input").map((node) => node.outputs[0]!);
    return { nodes, inputs, outputs: new Map(this.#outputs) };
  }

  #make<K extends OpKind>(op: K, inputs: readonly Value[], attributes: OpAttributes[K]): Value {
    const key = keyOf(op, inputs, attributes);
    const known = this.#known.get(key);
    if (known !== undefined) return known.outputs[0]!;
    const types = (OPS[op] as OpDefinition<K>).infer(inputs, attributes);
    const outputs: Value[] = [];
    const node = Object.freeze({
      id: this.#nextNode++,
      op,
      inputs,
      attributes,
      outputs,
    }) as unknown as Node;
    for (const [index, type] of types.entries())
      outputs.push(Object.freeze({ id: this.#nextValue++, dtype: type.dtype, dims: type.dims, node, index }));
    if (op === "input" && this.#nodes.some((other) => other.op === "input" && sameName(other, node)))
      throw internalError(
        `the graph input ${(attributes as OpAttributes["input"]).name} has two shapes or types.`,
      );
    this.#nodes.push(node);
    this.#known.set(key, node);
    return outputs[0]!;
  }
}

function keyOf(op: OpKind, inputs: readonly Value[], attributes: object): string {
  return `${op}(${inputs.map((value) => value.id).join(",")})${JSON.stringify(attributes)}`;
}

function sameName(a: Node, b: Node): boolean {
  return a.op === "input" && b.op === "input" && a.attributes.name === b.attributes.name;
}
