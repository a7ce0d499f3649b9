/** @file Reverse-mode differentiation as a pass from graph to graph. */
import { internalError } from "../errors.js";
import { GraphBuilder } from "./builder.js";
import { sameDims } from "./dim.js";
import type { OpDefinition } from "./ops/definition.js";
import { OPS } from "./ops/table.js";
import type { Graph, Node, OpKind, Value } from "./value.js";

/** Name of the output that holds the gradient with respect to input `name`. */
export function gradientName(name: string): string {
  return `gradient/${name}`;
}

/**
 * `graph` with one more output `gradient/NAME` for each name in `inputs`: the derivative of the scalar output `loss`
 * with respect to that input, in the input's shape. An input that the loss does not depend on has a gradient of zeros.
 */
export function differentiate(graph: Graph, loss: string, inputs: readonly string[]): Graph {
  const target = graph.outputs.get(loss);
  if (target === undefined || !sameDims(target.dims, []))
    throw internalError(`the graph has no scalar output ${loss}.`);
  const g = GraphBuilder.from(graph);
  const wanted = inputs.map((name) => findInput(graph, name));
  const active = nodesDependingOn(graph, new Set(wanted.map((value) => value.node)));
  const gradients = new Map<Value, Value>([[target, g.scalar(1)]]);

  for (const node of [...graph.nodes].reverse()) {
    const dy = node.outputs.map((value) => gradients.get(value) ?? null);
    if (!active.has(node) || node.inputs.length === 0 || dy.every((value) => value === null)) continue;
    const before = g.size;
    const contributions = gradientsOf(g, node, dy);
    for (const [index, dx] of contributions.entries()) {
      const x = node.inputs[index]!;
      if (dx === null || !active.has(x.node)) continue;
      if (!sameDims(dx.dims, x.dims))
        throw internalError(`the gradient of ${node.op} has dims [${dx.dims}], not [${x.dims}].`);
      const sum = gradients.get(x);
      const isFresh = dx.node.id >= before && contributions.indexOf(dx) === contributions.lastIndexOf(dx);
      gradients.set(x, sum === undefined ? dx : isFresh ? accumulate(g, dx, sum) : g.add(dx, sum));
    }
  }
  for (const [index, value] of wanted.entries())
    g.output(gradientName(inputs[index]!), gradients.get(value) ?? g.zeros(value.dims));
  return g.finish();
}

function findInput(graph: Graph, name: string): Value {
  const value = graph.inputs.find(({ node }) => node.op === "input" && node.attributes.name === name);
  if (value === undefined) throw internalError(`the graph has no input ${name}.`);
  return value;
}

function nodesDependingOn(graph: Graph, sources: ReadonlySet<Node>): Set<Node> {
  const active = new Set(sources);
  for (const node of graph.nodes) if (node.inputs.some((value) => active.has(value.node))) active.add(node);
  return active;
}

function gradientsOf<K extends OpKind>(
  g: GraphBuilder,
  node: Node,
  dy: readonly (Value | null)[],
): readonly (Value | null)[] {
  const { gradient } = OPS[node.op] as unknown as OpDefinition<K>;
  return gradient === "none" ? node.inputs.map(() => null) : gradient(g, node as never, dy);
}

/**
 * `fresh` + `other`, where nothing else uses `fresh`: a product takes `other` as its addend and a scatter as its base, so
 * that the largest sums (the tied embedding; accumulation over micro-batches) need no pass of their own over memory.
 */
export function accumulate(g: GraphBuilder, fresh: Value, other: Value): Value {
  const { node } = fresh;
  if (node.op === "gemm" && node.inputs.length === 2)
    return g.gemm(node.inputs[0]!, node.inputs[1]!, { ...node.attributes, addend: other });
  if (node.op === "scatterAdd") {
    const [base, indices, updates] = node.inputs as readonly [Value, Value, Value];
    return g.scatterAdd(base.node.op === "zeros" ? other : accumulate(g, base, other), indices, updates);
  }
  return g.add(fresh, other);
}
