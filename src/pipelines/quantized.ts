/** @file Compiles a graph whose linear layers have 8-bit weights. */
import type { Tensor } from "../graph/tensor.js";
import type { Graph } from "../graph/value.js";
import type { Executable, Runtime } from "../runtime/index.js";

/** The weights become constants of the compiled graph; only the inputs of the model are fed. */
export function quantizedExecutable(
  runtime: Runtime,
  graph: Graph,
  parameters: ReadonlyMap<string, Tensor<Float32Array>>,
): Promise<Executable> {
  return runtime.compile(graph, { constants: parameters, quantize: true });
}
