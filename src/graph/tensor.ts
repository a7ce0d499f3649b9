/** @file Numbers with a dtype and a shape, in row-major order; the only tensor class that leaves `runtime/`. */
import { internalError } from "../errors.js";
import { arrayOf, type DType, type TensorData } from "./dtype.js";

/** Number of elements of a shape; 1 for a scalar. */
export function sizeOf(dims: readonly number[]): number {
  return dims.reduce((size, dim) => size * dim, 1);
}

/** A dense tensor. `type`, `data`, `dims` and `size` are those of transformers.js's `Tensor`. */
export class Tensor<D extends TensorData = TensorData> {
  readonly type: DType;
  readonly dims: readonly number[];
  readonly data: D;

  constructor(type: DType, data: D, dims: readonly number[]) {
    if (data.length !== sizeOf(dims))
      throw internalError(
        `a tensor of shape [${dims.join(", ")}] needs ${sizeOf(dims)} elements, got ${data.length}.`,
      );
    this.type = type;
    this.data = data;
    this.dims = dims;
  }

  static zeros(type: DType, dims: readonly number[]): Tensor {
    return new Tensor(type, new (arrayOf(type))(sizeOf(dims)), dims);
  }

  static float32(data: Float32Array | readonly number[], dims: readonly number[]): Tensor<Float32Array> {
    return new Tensor("float32", data instanceof Float32Array ? data : Float32Array.from(data), dims);
  }

  static int32(data: Int32Array | readonly number[], dims: readonly number[]): Tensor<Int32Array> {
    return new Tensor("int32", data instanceof Int32Array ? data : Int32Array.from(data), dims);
  }

  get size(): number {
    return this.data.length;
  }

  /** Same numbers, another shape of equal size; the data are shared. */
  reshape(dims: readonly number[]): Tensor<D> {
    return new Tensor(this.type, this.data, dims);
  }

  /** Row `index` of the first axis; the data are shared. */
  row(index: number): Tensor<D> {
    const dims = this.dims.slice(1);
    const size = sizeOf(dims);
    return new Tensor(this.type, this.data.subarray(index * size, (index + 1) * size) as D, dims);
  }

  /** The rows of the first axis. */
  *[Symbol.iterator](): Generator<Tensor<D>> {
    for (let index = 0; index < (this.dims[0] ?? 0); index++) yield this.row(index);
  }

  /** The only element. */
  item(): number | bigint {
    if (this.size !== 1) throw internalError(`item() of a tensor with ${this.size} elements.`);
    return this.data[0]!;
  }

  /** The numbers in nested arrays. */
  tolist(): unknown[] {
    if (this.dims.length <= 1) return Array.from(this.data as ArrayLike<unknown>);
    return Array.from(this, (row) => row.tolist());
  }
}
