/** @file The tensors of a PyTorch file as `Weights`, for both of its formats. */
import { bytesPerElement } from "../../graph/dtype.js";
import type { ByteSource } from "../../util/byte-source.js";
import { unknownTensor, type Weights } from "../weights.js";
import type { TensorRef } from "./storages.js";
import { readStrided } from "./strided.js";

/** Takes ownership of `source`; `storageStart` gives the position of the first byte of a tensor's storage. */
export function pytorchWeights(
  source: ByteSource,
  tensors: ReadonlyMap<string, TensorRef>,
  storageStart: (ref: TensorRef, name: string) => Promise<number>,
): Weights {
  return {
    path: source.path,
    format: "pytorch",
    metadata: {},
    tensors: [...tensors].map(([name, { storage, dims }]) => ({ name, type: storage.type, dims })),
    async read(name) {
      const ref = tensors.get(name);
      if (ref === undefined) throw unknownTensor(source.path, name);
      const start = await storageStart(ref, name);
      const width = bytesPerElement(ref.storage.type);
      return readStrided(ref, (target, offset) => source.readInto(target, start + offset * width));
    },
    close: () => source.close(),
  };
}
