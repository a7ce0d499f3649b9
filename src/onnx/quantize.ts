/** @file Linear layers with 8-bit weights: which layers, how their weights are rounded, and the node that multiplies. */
import { Tensor } from "../graph/tensor.js";
import type { Node, NodeOf, Value } from "../graph/value.js";
import { bytesOf } from "../util/protobuf.js";
import type { Emitter } from "./emitter.js";
import { tensorProto } from "./proto.js";

/**
 * Largest weight. Seven bits, not eight: processors without VNNI add two products of 8 bits in 16 bits, and saturate;
 * 2 · 255 · 63 = 32,130 < 32,767, so every processor gives the same sums.
 */
const LARGEST = 63;

/** Weights of a layer in 8 bits, [in, out], each output with its scale. */
export interface QuantizedWeights {
  readonly values: Tensor<Int8Array>;
  readonly scales: Tensor<Float32Array>;
}

/** x Wᵀ (+ b) on a constant float32 matrix W. */
export function isQuantizable(node: Node, initializers: ReadonlyMap<string, Tensor>): boolean {
  if (node.op !== "gemm") return false;
  const { transA, transB, alpha } = node.attributes;
  const weights = constantOf(node.inputs[1]!, initializers);
  return !transA && transB && alpha === 1 && weights?.type === "float32" && weights.dims.length === 2;
}

/** Rounds a weight matrix [out, in], symmetrically, one scale for each output. */
export function quantizeWeights(weights: Tensor): QuantizedWeights {
  const [outputs, inputs] = weights.dims as readonly [number, number];
  const data = weights.data as Float32Array;
  const values = new Int8Array(data.length);
  const scales = new Float32Array(outputs);
  for (let output = 0; output < outputs; output++) {
    const row = data.subarray(output * inputs, (output + 1) * inputs);
    let largest = 0;
    for (const weight of row) largest = Math.max(largest, Math.abs(weight));
    const scale = largest === 0 ? 1 : largest / LARGEST;
    scales[output] = scale;
    for (let input = 0; input < inputs; input++)
      values[input * outputs + output] = Math.round(row[input]! / scale);
  }
  return {
    values: new Tensor("int8", values, [inputs, outputs]) as Tensor<Int8Array>,
    scales: Tensor.float32(scales, [outputs]),
  };
}

/** `DynamicQuantizeMatMul` of onnxruntime: activations are rounded to 8 bits while they run, sums are exact. */
export function emitQuantizedGemm(
  emitter: Emitter,
  node: NodeOf<"gemm">,
  names: ReadonlyMap<Value, string>,
  initializers: ReadonlyMap<string, Tensor>,
): void {
  const [x, w, b] = node.inputs;
  const name = names.get(w!)!;
  const { values, scales } = quantizeWeights(constantOf(w!, initializers)!);
  emitter.initializers.push(
    tensorProto(`${name}_quantized`, values.type, values.dims, bytesOf(values.data)),
    tensorProto(`${name}_scale`, scales.type, scales.dims, bytesOf(scales.data)),
  );
  // The empty name leaves out the zero point: the weights are symmetric.
  const inputs = [
    names.get(x!)!,
    `${name}_quantized`,
    `${name}_scale`,
    "",
    ...(b === undefined ? [] : [names.get(b)!]),
  ];
  emitter.emit("DynamicQuantizeMatMul", inputs, {
    domain: "com.microsoft",
    outputs: [names.get(node.outputs[0]!)!],
  });
}

function constantOf({ node }: Value, initializers: ReadonlyMap<string, Tensor>): Tensor | undefined {
  return node.op === "input" ? initializers.get(node.attributes.name) : undefined;
}
