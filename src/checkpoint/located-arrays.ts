/** @file Weights whose arrays lie in one piece each, at places that the reader of a format has found: read by position, or shown in place. */
import { arrayOf, bytesPerElement, type DType } from "../graph/dtype.js";
import { sizeOf, Tensor } from "../graph/tensor.js";
import type { ByteSource } from "../util/byte-source.js";
import { bytesOf } from "../util/protobuf.js";
import { checkedSize, damaged, unknownTensor, type Weights, type WeightsFormat } from "./weights.js";

export interface LocatedArray {
  readonly type: DType;
  readonly dims: readonly number[];
  /** Offset of the elements in the file. */
  readonly start: number;
}

/** Throws `CHECKPOINT_DAMAGED` unless `length` bytes are what type and shape need and lie in the file. */
export function requireFit(
  { path, size }: ByteSource,
  name: string,
  { type, dims, start }: LocatedArray,
  length: number,
): void {
  const place = { tensor: name, offset: start };
  const elements = checkedSize(dims);
  if (elements === null || elements * bytesPerElement(type) !== length)
    throw damaged(path, `its ${length} bytes do not fit ${type} [${dims.join(", ")}]`, place);
  if (length > 0 && start + length > size)
    throw damaged(path, `its ${length} bytes end beyond the file's ${size}`, place);
}

/** The arrays, in the order of the map, as open weights that own `source`. */
export function weightsAt(
  source: ByteSource,
  format: WeightsFormat,
  arrays: ReadonlyMap<string, LocatedArray>,
  metadata: Readonly<Record<string, string>> = {},
): Weights {
  return {
    path: source.path,
    format,
    metadata,
    tensors: [...arrays].map(([name, { type, dims }]) => ({ name, type, dims })),
    async read(name) {
      const array = arrays.get(name);
      if (array === undefined) throw unknownTensor(source.path, name);
      return readArray(source, array);
    },
    close: () => source.close(),
  };
}

async function readArray(source: ByteSource, { type, dims, start }: LocatedArray): Promise<Tensor> {
  const Numbers = arrayOf(type);
  const elements = sizeOf(dims);
  if (elements === 0) return new Tensor(type, new Numbers(0), dims);
  const bytes = source.view?.(start, elements * Numbers.BYTES_PER_ELEMENT);
  if (bytes !== undefined && bytes.byteOffset % Numbers.BYTES_PER_ELEMENT === 0)
    return new Tensor(type, new Numbers(bytes.buffer as ArrayBuffer, bytes.byteOffset, elements), dims);
  const tensor = new Tensor(type, new Numbers(elements), dims);
  await source.readInto(bytesOf(tensor.data), start);
  return tensor;
}
