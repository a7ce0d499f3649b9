/** @file Brings the elements of a strided tensor into row-major order. */
import { arrayOf } from "../../graph/dtype.js";
import { sizeOf, Tensor } from "../../graph/tensor.js";
import { bytesOf } from "../../util/protobuf.js";
import { spanOf, type TensorRef } from "./storages.js";

/** Fills `target` with the storage's bytes from element `offset` on. */
export type ReadElements = (target: Uint8Array, offset: number) => Promise<void>;

/** Reads the window of the storage that the tensor spans, and copies it only where it is not in order already. */
export async function readStrided(ref: TensorRef, readElements: ReadElements): Promise<Tensor> {
  const { dims, storage } = ref;
  const ArrayType = arrayOf(storage.type);
  const tensor = new Tensor(storage.type, new ArrayType(sizeOf(dims)), dims);
  if (tensor.size === 0) return tensor;
  if (isContiguous(ref)) {
    await readElements(bytesOf(tensor.data), ref.offset);
    return tensor;
  }
  const window = new Tensor(storage.type, new ArrayType(spanOf(ref)), [spanOf(ref)]);
  await readElements(bytesOf(window.data), ref.offset);
  gather(ref, window, tensor);
  return tensor;
}

function isContiguous({ dims, strides }: TensorRef): boolean {
  let expected = 1;
  for (let axis = dims.length - 1; axis >= 0; axis--) {
    if (dims[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= dims[axis]!;
  }
  return true;
}

function gather({ dims, strides }: TensorRef, window: Tensor, tensor: Tensor): void {
  const index = new Array<number>(dims.length).fill(0);
  const { data: from } = window;
  const { data: to } = tensor;
  let source = 0;
  for (let target = 0; target < to.length; target++) {
    to[target] = from[source]!;
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      source += strides[axis]!;
      if (++index[axis]! < dims[axis]!) break;
      source -= strides[axis]! * dims[axis]!;
      index[axis] = 0;
    }
  }
}
