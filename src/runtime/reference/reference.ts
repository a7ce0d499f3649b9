/** @file The reference runtime: interprets a graph node by node in float64. For tests and proofs, never for speed. */

import { resolveDim } from "../../graph/dim.js";
import { ClinicalBertError } from "../../errors.js";
import { arrayOf, type DType } from "../../graph/dtype.js";
import { Tensor } from "../../graph/tensor.js";
import type { Node, Value } from "../../graph/value.js";
import { checkFeeds } from "../feeds.js";
import { type Executable, type Runtime, trackExecutable, untrackExecutable } from "../runtime.js";
import type { NumberArray } from "./array.js";
import { KERNELS, type Kernel } from "./kernels.js";

/**
 * Float values are float64 throughout: float32 and float64 tensors may be fed for float32 inputs, and float outputs come
 * back as float64 tensors, into preallocated float32 ones rounded.
 */
export function createReferenceRuntime(): Runtime {
  return {
    name: "reference",
    copiesFeeds: false,
    async compile(graph, { constants, quantize = false } = {}) {
      if (quantize)
        throw new ClinicalBertError("RUNTIME_DEVICE", "The reference runtime has no 8-bit arithmetic.");
      const executable: Executable = {
        async run(feeds, into = {}) {
          const symbols = checkFeeds(graph, feeds, { widened: true, constants });
          const arrays = new Map<Value, NumberArray>();
          for (const value of graph.inputs)
            if (value.node.op === "input") {
              const { name } = value.node.attributes;
              arrays.set(value, toArray(constants?.get(name) ?? feeds[name]!));
            }
          for (const node of graph.nodes) if (node.op !== "input") interpret(node, arrays, symbols);
          const outputs: Record<string, Tensor> = {};
          for (const [name, value] of graph.outputs)
            outputs[name] = toTensor(arrays.get(value)!, value.dtype, into[name]);
          return outputs;
        },
        async dispose() {
          untrackExecutable(executable);
        },
      };
      trackExecutable(executable);
      return executable;
    },
  };
}

function interpret<N extends Node>(
  node: N,
  arrays: Map<Value, NumberArray>,
  symbols: ReadonlyMap<string, number>,
): void {
  const kernel = KERNELS[node.op] as unknown as Kernel<N["op"]>;
  const inputs = node.inputs.map((value) => arrays.get(value)!);
  const dims = node.outputs.map((value) => value.dims.map((dim) => resolveDim(dim, symbols)));
  const outputs = kernel(node as never, inputs, dims);
  for (const [index, value] of node.outputs.entries()) arrays.set(value, outputs[index]!);
}

function toArray(tensor: Tensor): NumberArray {
  return { dims: tensor.dims, data: Float64Array.from(tensor.data as ArrayLike<number>, Number) };
}

function toTensor(array: NumberArray, dtype: DType, into: Tensor | undefined): Tensor {
  const type = into?.type ?? (dtype === "float32" ? "float64" : dtype);
  const tensor = into ?? new Tensor(type, new (arrayOf(type))(array.data.length), array.dims);
  for (const [index, value] of array.data.entries())
    tensor.data[index] = type === "int64" ? BigInt(value) : value;
  return tensor;
}
