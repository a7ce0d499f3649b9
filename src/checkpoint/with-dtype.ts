/** @file Tensors of a file as another floating type, one at a time. */
import { ClinicalBertError } from "../errors.js";
import { Tensor } from "../graph/tensor.js";
import { bfloat16Bits, float16Bits } from "../util/half.js";
import { asFloat32 } from "./float32.js";
import { quoteName, type TensorSource } from "./weights.js";

export type FloatingType = "float32" | "float16" | "bfloat16";

const FLOATING = new Set<string>(["float32", "float64", "float16", "bfloat16"]);

/**
 * `source` with its floating tensors as `type`, rounded to nearest; integers stay as they are. Reading throws
 * `CHECKPOINT_UNSUPPORTED` for a tensor with a number that float16 cannot hold.
 */
export function withDtype(source: TensorSource, type: FloatingType): TensorSource {
  return {
    tensors: source.tensors.map((info) => (FLOATING.has(info.type) ? { ...info, type } : info)),
    async read(name) {
      const tensor = await source.read(name);
      return FLOATING.has(tensor.type) && tensor.type !== type ? convertTensor(tensor, name, type) : tensor;
    },
  };
}

function convertTensor(tensor: Tensor, name: string, type: FloatingType): Tensor {
  const { data, dims } = asFloat32(tensor, name);
  if (type === "float32") return Tensor.float32(data, dims);
  const bits = Uint16Array.from(data, type === "float16" ? float16Bits : bfloat16Bits);
  if (type === "float16") requireNoOverflow(data, bits, name);
  return new Tensor(type, bits, dims);
}

const INFINITY_BITS = 0x7c00;

function requireNoOverflow(data: Float32Array, bits: Uint16Array, name: string): void {
  const at = bits.findIndex(
    (half, index) => (half & 0x7fff) === INFINITY_BITS && Number.isFinite(data[index]),
  );
  if (at < 0) return;
  throw new ClinicalBertError(
    "CHECKPOINT_UNSUPPORTED",
    `The tensor ${quoteName(name)} has ${data[at]} at place ${at}, more than float16 holds (65504); take bf16 or fp32.`,
    { details: { tensor: name, place: at } },
  );
}
