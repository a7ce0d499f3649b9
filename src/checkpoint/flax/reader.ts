/** @file Reads Flax weights (`flax_model.msgpack`): nested maps in MessagePack whose leaves are array extensions. */
import { arrayOf, bytesPerElement, type DType } from "../../graph/dtype.js";
import { sizeOf, Tensor } from "../../graph/tensor.js";
import type { ByteSource } from "../../util/byte-source.js";
import { bytesOf } from "../../util/protobuf.js";
import { checkedSize, damaged, unknownTensor, unsupported, type Weights } from "../weights.js";
import { type ScannedArray, scanArray, scanExtensions } from "./msgpack-scan.js";

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

interface FlaxArray extends ScannedArray {
  readonly type: DType;
}

/** Finds the arrays of `source` and takes ownership of it. Names are the keys from the root, joined by "/". */
export async function readFlax(source: ByteSource): Promise<Weights> {
  const { path } = source;
  const arrays = new Map<string, FlaxArray>();
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
    const size = checkedSize(array.dims);
    if (size === null || size * bytesPerElement(type) !== array.length)
      throw damaged(path, `its ${array.length} bytes do not fit ${type} [${array.dims.join(", ")}]`, {
        tensor: name,
        offset: array.start,
      });
    arrays.set(name, { ...array, type });
  }
  return {
    path,
    format: "flax",
    metadata: {},
    tensors: [...arrays].map(([name, { type, dims }]) => ({ name, type, dims })),
    async read(name) {
      const array = arrays.get(name);
      if (array === undefined) throw unknownTensor(path, name);
      const tensor = new Tensor(array.type, new (arrayOf(array.type))(sizeOf(array.dims)), array.dims);
      await source.readInto(bytesOf(tensor.data), array.start);
      return tensor;
    },
    close: () => source.close(),
  };
}
