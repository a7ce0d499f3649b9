/** @file Turns a forward graph into one that adds its gradients to those of earlier micro-batches. */
import type { ParameterSpec } from "../bert/parameters.js";
import { GraphBuilder } from "../graph/builder.js";
import { accumulate, differentiate, gradientName } from "../graph/differentiate.js";
import type { Graph } from "../graph/value.js";

/** Name of the input that a gradient is added to. */
export function accumulatedName(parameter: string): string {
  return `accumulated/${parameter}`;
}

/** Adds the inputs `accumulated/…` and the outputs `gradient/…` of the output `loss` for every parameter of `table`. */
export function withAccumulatedGradients(forward: Graph, table: readonly ParameterSpec[]): Graph {
  const differentiated = differentiate(
    forward,
    "loss",
    table.map(({ name }) => name),
  );
  const g = GraphBuilder.from(differentiated);
  for (const { name, shape } of table) {
    const gradient = differentiated.outputs.get(gradientName(name))!;
    g.output(gradientName(name), accumulate(g, gradient, g.input(accumulatedName(name), "float32", shape)));
  }
  return g.finish();
}
