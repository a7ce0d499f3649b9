/** @file Float64 arrays with a shape, the numbers of the reference interpreter, and index arithmetic over them. */
import { sizeOf } from "../../graph/tensor.js";

/** Whole numbers too are kept as float64: exact up to 2⁵³. */
export interface NumberArray {
  readonly dims: readonly number[];
  readonly data: Float64Array;
}

export function zerosArray(dims: readonly number[]): NumberArray {
  return { dims, data: new Float64Array(sizeOf(dims)) };
}

/** Row-major strides; 0 for axes along which `dims` is broadcast to `target`. */
export function broadcastStrides(dims: readonly number[], target: readonly number[]): number[] {
  const lead = target.length - dims.length;
  const strides = new Array<number>(target.length).fill(0);
  let stride = 1;
  for (let axis = dims.length - 1; axis >= 0; axis--) {
    if (dims[axis] !== 1) strides[axis + lead] = stride;
    stride *= dims[axis]!;
  }
  return strides;
}

/** For every element of `target` in order, its offset under each of `strides`. */
export function walk(
  target: readonly number[],
  strides: readonly (readonly number[])[],
  visit: (index: number, offsets: readonly number[]) => void,
): void {
  const position = new Array<number>(target.length).fill(0);
  const offsets = new Array<number>(strides.length).fill(0);
  const size = sizeOf(target);
  for (let index = 0; index < size; index++) {
    visit(index, offsets);
    for (let axis = target.length - 1; axis >= 0; axis--) {
      position[axis]! += 1;
      const wrapped = position[axis] === target[axis];
      for (let which = 0; which < strides.length; which++)
        offsets[which]! += wrapped ? -strides[which]![axis]! * (target[axis]! - 1) : strides[which]![axis]!;
      if (!wrapped) break;
      position[axis] = 0;
    }
  }
}
