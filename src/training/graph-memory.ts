/** @file How much memory the values of a graph take at once, from their shapes alone. */
import { type Dim, resolveDim } from "../graph/dim.js";
import { bytesPerElement } from "../graph/dtype.js";
import type { Graph, Node, Value } from "../graph/value.js";

/** Kernels of onnxruntime that write over an input that nobody needs any more. */
const IN_PLACE = new Set<string>([
  "add",
  "sub",
  "mul",
  "div",
  "neg",
  "exp",
  "log",
  "sqrt",
  "erf",
  "tanh",
  "relu",
  "gelu",
  "softmax",
]);
/** Another view of the same memory. */
const VIEWS = new Set<string>(["reshape"]);

/**
 * Bytes of all values that live at the worst moment, when nodes run in the graph's order and a value is freed after its last
 * reader. Inputs and the outputs in `preallocated` lie elsewhere and are not counted. `sizes` gives the symbols their numbers.
 */
export function peakGraphBytes(
  graph: Graph,
  sizes: ReadonlyMap<string, number>,
  preallocated: (output: string) => boolean,
): number {
  const bytesOf = ({ dtype, dims }: Value): number =>
    dims.reduce((size: number, dim: Dim) => size * resolveDim(dim, sizes), bytesPerElement(dtype));
  const given = new Set<Value>(graph.inputs);
  for (const [name, value] of graph.outputs) if (preallocated(name)) given.add(value);
  // The memory behind a value: that of the value it is a view of.
  const owner = new Map<Value, Value>();
  const ownerOf = (value: Value): Value => owner.get(value) ?? value;
  const lastReader = new Map<Value, Node>();
  for (const node of graph.nodes) {
    if (VIEWS.has(node.op)) owner.set(node.outputs[0]!, ownerOf(node.inputs[0]!));
    for (const input of node.inputs) lastReader.set(ownerOf(input), node);
  }
  const kept = new Set([...graph.outputs.values()].map(ownerOf));
  let live = 0;
  let peak = 0;
  const occupied = new Set<Value>();
  for (const node of graph.nodes) {
    if (node.op === "input" || VIEWS.has(node.op)) continue;
    const dying = new Set(
      node.inputs
        .map(ownerOf)
        .filter((input) => occupied.has(input) && lastReader.get(input) === node && !kept.has(input)),
    );
    for (const output of node.outputs) {
      if (given.has(output)) continue;
      const size = bytesOf(output);
      occupied.add(output);
      const reused = IN_PLACE.has(node.op) ? [...dying].find((input) => bytesOf(input) === size) : undefined;
      if (reused === undefined) live += size;
      else {
        dying.delete(reused);
        occupied.delete(reused);
      }
    }
    peak = Math.max(peak, live);
    for (const input of dying) {
      live -= bytesOf(input);
      occupied.delete(input);
    }
    for (const output of node.outputs)
      if (occupied.has(output) && !lastReader.has(output) && !kept.has(output)) {
        live -= bytesOf(output);
        occupied.delete(output);
      }
  }
  return peak;
}
