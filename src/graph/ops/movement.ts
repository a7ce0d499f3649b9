/** @file Ops that move elements without arithmetic. */
import { broadcastDims, formatDims, productOf, sameDims, shapeError } from "../dim.js";
import type { OpDefinition } from "./definition.js";

export const transpose: OpDefinition<"transpose"> = {
  infer([x], { permutation }) {
    const sorted = [...permutation].sort((a, b) => a - b);
    if (
      !sameDims(
        sorted,
        x!.dims.map((_, axis) => axis),
      )
    )
      throw shapeError(`the permutation [${permutation.join(", ")}] for ${formatDims(x!.dims)}`);
    return [{ dtype: x!.dtype, dims: permutation.map((axis) => x!.dims[axis]!) }];
  },
  gradient(g, { attributes: { permutation } }, [dy]) {
    const inverse = permutation.map((_, axis) => permutation.indexOf(axis));
    return [g.transpose(dy!, inverse)];
  },
};

export const reshape: OpDefinition<"reshape"> = {
  infer([x], { dims }) {
    if (productOf(dims) !== productOf(x!.dims))
      throw shapeError(`${formatDims(x!.dims)} reshaped to ${formatDims(dims)}`);
    return [{ dtype: x!.dtype, dims }];
  },
  gradient: (g, { inputs: [x] }, [dy]) => [g.reshape(dy!, x!.dims)],
};

export const broadcast: OpDefinition<"broadcast"> = {
  infer([x], { dims }) {
    if (!sameDims(broadcastDims(x!.dims, dims), dims))
      throw shapeError(`${formatDims(x!.dims)} broadcast to ${formatDims(dims)}`);
    return [{ dtype: x!.dtype, dims }];
  },
  gradient: (g, { inputs: [x] }, [dy]) => [g.sumTo(dy!, x!.dims)],
};

export const select: OpDefinition<"select"> = {
  infer([x], { axis, index }) {
    const size = x!.dims[axis];
    if (size === undefined || (typeof size === "number" && index >= size))
      throw shapeError(`index ${index} of axis ${axis} of ${formatDims(x!.dims)}`);
    return [{ dtype: x!.dtype, dims: x!.dims.filter((_, other) => other !== axis) }];
  },
  gradient: (g, { inputs: [x], attributes: { axis, index } }, [dy]) => [
    g.unselect(dy!, { axis, index, size: x!.dims[axis]! }),
  ],
};

export const unselect: OpDefinition<"unselect"> = {
  infer([x], { axis, index, size }) {
    if (axis > x!.dims.length || (typeof size === "number" && index >= size))
      throw shapeError(`index ${index} of a new axis ${axis} of size ${size} for ${formatDims(x!.dims)}`);
    return [{ dtype: x!.dtype, dims: [...x!.dims.slice(0, axis), size, ...x!.dims.slice(axis)] }];
  },
  gradient: (g, { attributes: { axis, index } }, [dy]) => [g.select(dy!, axis, index)],
};
