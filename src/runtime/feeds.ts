/** @file Checks fed tensors against the inputs of a graph and finds the values of its symbols. */
import { ClinicalBertError } from "../errors.js";
import { formatDims, resolveDim, symbolsOf } from "../graph/dim.js";
import type { Tensor } from "../graph/tensor.js";
import type { Graph, Value } from "../graph/value.js";
import type { TensorMap } from "./runtime.js";

export interface FeedOptions {
  /** float64 tensors may stand for float32 ones. */
  readonly widened?: boolean;
  /** Inputs that are part of the compiled graph and not fed. */
  readonly constants?: ReadonlyMap<string, Tensor> | undefined;
}

/**
 * Values of the symbols `B`, `S`, … as the fed tensors have them; `16*G` tells G. Throws `RUNTIME_FEED`.
 */
export function checkFeeds(
  graph: Graph,
  feeds: TensorMap,
  { widened = false, constants }: FeedOptions = {},
): Map<string, number> {
  const symbols = new Map<string, number>();
  const inputs = graph.inputs.filter(
    ({ node }) => node.op === "input" && constants?.has(node.attributes.name) !== true,
  );
  for (const value of inputs) {
    const { name, tensor } = fedTensor(value, feeds);
    const sameType =
      tensor.type === value.dtype || (widened && tensor.type === "float64" && value.dtype === "float32");
    if (!sameType || tensor.dims.length !== value.dims.length) throw mismatch(name, tensor, value);
    for (const [axis, dim] of value.dims.entries()) {
      const [symbol, ...others] = symbolsOf(dim);
      if (symbol === undefined || others.length > 0 || symbols.has(symbol)) continue;
      symbols.set(symbol, tensor.dims[axis]! / resolveDim(dim, new Map([[symbol, 1]])));
    }
  }
  for (const value of inputs) {
    const { name, tensor } = fedTensor(value, feeds);
    if (value.dims.some((dim, axis) => resolveDim(dim, symbols) !== tensor.dims[axis]))
      throw mismatch(name, tensor, value);
  }
  return symbols;
}

function fedTensor(value: Value, feeds: TensorMap): { name: string; tensor: Tensor } {
  const name = value.node.op === "input" ? value.node.attributes.name : "";
  const tensor = feeds[name];
  if (tensor === undefined)
    throw new ClinicalBertError("RUNTIME_FEED", `The input ${name} was not fed.`, {
      details: { input: name },
    });
  return { name, tensor };
}

function mismatch(name: string, tensor: Tensor, value: Value): ClinicalBertError {
  const wanted = `${value.dtype} ${formatDims(value.dims)}`;
  const message = `The input ${name} is ${tensor.type} ${formatDims(tensor.dims)}; ${wanted} is needed.`;
  return new ClinicalBertError("RUNTIME_FEED", message, { details: { input: name } });
}
