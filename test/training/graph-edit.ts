/** @file Copies of a graph with some of its nodes changed: how the mutants of the proofs are made. */
import type { Graph, Node, Value } from "../../src/graph/index.js";

/** What a changed node computes; anything left out stays. */
export interface Edit {
  readonly inputs?: readonly Value[];
  readonly attributes?: object;
}

/** `graph` with `edit(node, inputs)` applied to each node in order; `inputs` are those of the copy. */
export function editGraph(graph: Graph, edit: (node: Node, inputs: readonly Value[]) => Edit | null): Graph {
  const copies = new Map<Value, Value>();
  const nodes = graph.nodes.map((node): Node => {
    const inputs = node.inputs.map((value) => copies.get(value)!);
    const outputs: Value[] = [];
    const copy = { ...node, inputs, outputs, ...edit(node, inputs) } as Node;
    for (const value of node.outputs) {
      outputs.push({ ...value, node: copy });
      copies.set(value, outputs.at(-1)!);
    }
    return copy;
  });
  return {
    nodes,
    inputs: graph.inputs.map((value) => copies.get(value)!),
    outputs: new Map([...graph.outputs].map(([name, value]) => [name, copies.get(value)!])),
  };
}

/** `graph` in which the nodes that `picks` names read a new input `alias` in place of the input `name`. */
export function splitInput(graph: Graph, name: string, alias: string, picks: (node: Node) => boolean): Graph {
  const source = graph.inputs.find(({ node }) => node.op === "input" && node.attributes.name === name)!;
  const outputs: Value[] = [];
  const id = Math.max(...graph.nodes.map((node) => node.id)) + 1;
  const attributes = { name: alias, dtype: source.dtype, dims: source.dims };
  const node: Node = { id, op: "input", inputs: [], attributes, outputs };
  const largest = Math.max(...graph.nodes.flatMap((other) => other.outputs.map((value) => value.id)));
  const split: Value = { ...source, id: largest + 1, node, index: 0 };
  outputs.push(split);
  const copy = editGraph(graph, (other, inputs) =>
    picks(other)
      ? { inputs: inputs.map((value, index) => (other.inputs[index] === source ? split : value)) }
      : null,
  );
  return { ...copy, nodes: [node, ...copy.nodes], inputs: [...copy.inputs, split] };
}
