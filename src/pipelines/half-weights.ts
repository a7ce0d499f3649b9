/** @file `dtype: "fp16"`: the numbers that `onnx/model_fp16.onnx` holds, computed with in float32. */
import type { Tensor } from "../graph/tensor.js";
import { float16Bits, float16Value } from "../util/half.js";

export const HALF_NOTICE =
  "dtype fp16: weight matrices are rounded to half precision; the arithmetic is float32, because this version has no fp16 kernels.";

/** Rounds matrices in place; vectors (biases, layer norms) stay as they are. */
export function roundToHalf(parameters: ReadonlyMap<string, Tensor<Float32Array>>): void {
  for (const { data, dims } of parameters.values())
    if (dims.length > 1)
      for (let index = 0; index < data.length; index++) data[index] = float16Value(float16Bits(data[index]!));
}
