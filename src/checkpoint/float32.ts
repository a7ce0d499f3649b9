/** @file Numbers of any floating type as float32, exactly where float32 can hold them. */
import { ClinicalBertError } from "../errors.js";
import { Tensor } from "../graph/tensor.js";
import { quoteName } from "./weights.js";

/** `tensor` as float32; itself when it is. Throws `CHECKPOINT_UNSUPPORTED` for integers, which no parameter is. */
export function asFloat32(tensor: Tensor, name: string): Tensor<Float32Array> {
  const { type, data, dims } = tensor;
  switch (type) {
    case "float32":
      return tensor as Tensor<Float32Array>;
    case "float64":
      return Tensor.float32(Float32Array.from(data as Float64Array), dims);
    case "bfloat16": {
      const bits = Uint32Array.from(data as Uint16Array, (half) => half << 16);
      return Tensor.float32(new Float32Array(bits.buffer), dims);
    }
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

/** IEEE 754 binary16. */
export function float16Value(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
