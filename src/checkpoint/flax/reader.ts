/** @file Reads Flax weights (`flax_model.msgpack`): nested maps in MessagePack whose leaves are array extensions. */
import type { DType } from "../../graph/dtype.js";
import type { ByteSource } from "../../util/byte-source.js";
import { type LocatedArray, requireFit, weightsAt } from "../located-arrays.js";
import { damaged, unsupported, type Weights } from "../weights.js";
import { scanArray, scanExtensions } from "./msgpack-scan.js";

/** `_MsgpackExtType.ndarray` of flax/serialization.py. */
const NDARRAY = 1;
const TYPES: Readonly<Record<string, DType>> = {
  float32: "float32",
  float64: "float64",
  float16: "float16",
  bfloat16: "bfloat16",
  int64: "int64",
  int32: "int32",
  int16: "int16",
  int8: "int8",
  uint8: "uint8",
  bool: "bool",
};

/** Finds the arrays of `source` and takes ownership of it. Names are the keys from the root, joined by "/". */
export async function readFlax(source: ByteSource): Promise<Weights> {
  const { path } = source;
  const arrays = new Map<string, LocatedArray>();
  for (const extension of await scanExtensions(source, (what, offset) => damaged(path, what, { offset }))) {
    if (extension.kind !== NDARRAY) continue;
    const { name } = extension;
    if (arrays.has(name))
      throw damaged(path, "the file has it twice", { tensor: name, offset: extension.start });
    const array = await scanArray(source, extension, (what, offset) =>
      damaged(path, what, { tensor: name, offset }),
    );
    const type = Object.hasOwn(TYPES, array.dtype) ? TYPES[array.dtype] : undefined;
    if (type === undefined) throw unsupported(path, `dtype ${JSON.stringify(array.dtype)}`, name);
    const located = { type, dims: array.dims, start: array.start };
    requireFit(source, name, located, array.length);
    arrays.set(name, located);
  }
  return weightsAt(source, "flax", arrays);
}
