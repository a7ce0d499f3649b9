/** @file Graphs as text, one node a line, for debugging. */
import { formatDims } from "./dim.js";
import type { Graph, Value } from "./value.js";

/** For example `%7 = gemm(%3, %5) {"transB":true} : float32[B*S, 768]`, outputs named at the end. */
export function printGraph(graph: Graph): string {
  const lines = graph.nodes.map((node) => {
    const results = node.outputs.map(nameOf).join(", ");
    const types = node.outputs.map((value) => `${value.dtype}${formatDims(value.dims)}`).join(", ");
    const attributes = Object.keys(node.attributes).length > 0 ? ` ${JSON.stringify(node.attributes)}` : "";
    return `${results} = ${node.op}(${node.inputs.map(nameOf).join(", ")})${attributes} : ${types}`;
  });
  for (const [name, value] of graph.outputs) lines.push(`return ${name} = ${nameOf(value)}`);
  return `${lines.join("\n")}\n`;
}

function nameOf(value: Value): string {
  return `%${value.id}`;
}
