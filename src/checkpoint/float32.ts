/** @file Numbers of any floating type as float32, exactly where float32 can hold them. */
import { ClinicalBertError } from "../errors.js";
import { Tensor } from "../graph/tensor.js";
import { bfloat16Value, float16Value } from "../util/half.js";
import { quoteName } from "./weights.js";

/** `tensor` as float32; itself when it is. Throws `CHECKPOINT_UNSUPPORTED` for integers, which no parameter is. */
export function asFloat32(tensor: Tensor, name: string): Tensor<Float32Array> {
  const { type, data, dims } = tensor;
  switch (type) {
    case "float32":
      return tensor as Tensor<Float32Array>;
    case "float64":
      return Tensor.float32(Float32Array.from(data as Float64Array), dims);
    case "bfloat16":
      return Tensor.float32(Float32Array.from(data as Uint16Array, bfloat16Value), dims);
    case "float16":
      return Tensor.float32(Float32Array.from(data as Uint16Array, float16Value), dims);
    default:
      throw new ClinicalBertError(
        "CHECKPOINT_UNSUPPORTED",
        `The parameter ${quoteName(name)} is ${type}, not a floating type.`,
        { details: { tensor: name, dtype: type } },
      );
  }
}
