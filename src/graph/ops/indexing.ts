/** @file Ops that look elements up by whole-number indices, and their inverses. */
import { formatDims, productOf, sameDims, shapeError } from "../dim.js";
import type { Value } from "../value.js";
import type { OpDefinition } from "./definition.js";

function requireIndices(indices: Value): void {
  if (indices.dtype !== "int32" && indices.dtype !== "int64")
    throw shapeError(`indices of ${indices.dtype}; int32 or int64 is needed`);
}

export const gather: OpDefinition<"gather"> = {
  infer([table, indices]) {
    requireIndices(indices!);
    return [{ dtype: table!.dtype, dims: [...indices!.dims, ...table!.dims.slice(1)] }];
  },
  gradient(g, { inputs: [table, indices] }, [dy]) {
    const count = [productOf(indices!.dims)];
    const updates = g.reshape(dy!, [...count, ...table!.dims.slice(1)]);
    return [g.scatterAdd(g.zeros(table!.dims), g.reshape(indices!, count), updates), null];
  },
};

export const scatterAdd: OpDefinition<"scatterAdd"> = {
  infer([base, indices, updates]) {
    requireIndices(indices!);
    if (indices!.dims.length !== 1 || !sameDims(updates!.dims, [indices!.dims[0]!, ...base!.dims.slice(1)]))
      throw shapeError(
        `updates ${formatDims(updates!.dims)} at ${formatDims(indices!.dims)} rows of ${formatDims(base!.dims)}`,
      );
    return [{ dtype: base!.dtype, dims: base!.dims }];
  },
  gradient: (g, { inputs: [, indices] }, [dy]) => [dy!, null, g.gather(dy!, indices!)],
};

/**
 * A gather that is undone by another gather, so that its gradient adds nothing up: rows of x go where `back` says, and come
 * from there. Rows that no `back` names, and rows that `from` takes more than once, must have a gradient of zero (padding).
 */
export const moveRows: OpDefinition<"moveRows"> = {
  infer([x, from, back]) {
    requireIndices(from!);
    requireIndices(back!);
    if (from!.dims.length !== 1 || !sameDims(back!.dims, x!.dims.slice(0, 1)))
      throw shapeError(
        `rows of ${formatDims(x!.dims)} moved by ${formatDims(from!.dims)} and back by ${formatDims(back!.dims)}`,
      );
    return [{ dtype: x!.dtype, dims: [from!.dims[0]!, ...x!.dims.slice(1)] }];
  },
  gradient: (g, { inputs: [, from, back] }, [dy]) => [g.moveRows(dy!, back!, from!), null, null],
};

export const pick: OpDefinition<"pick"> = {
  infer([x, indices]) {
    requireIndices(indices!);
    if (
      x!.dims.length !== 2 ||
      !sameDims(indices!.dims, x!.dims.slice(0, 1)) ||
      typeof x!.dims[1] !== "number"
    )
      throw shapeError(`picks at ${formatDims(indices!.dims)} of ${formatDims(x!.dims)}`);
    return [{ dtype: x!.dtype, dims: x!.dims.slice(0, 1) }];
  },
  gradient: (g, { inputs: [x, indices] }, [dy]) => [g.unpick(dy!, indices!, x!.dims[1] as number), null],
};

export const unpick: OpDefinition<"unpick"> = {
  infer([x, indices], { size }) {
    requireIndices(indices!);
    if (x!.dims.length !== 1 || !sameDims(indices!.dims, x!.dims))
      throw shapeError(`unpick of ${formatDims(x!.dims)} at ${formatDims(indices!.dims)}`);
    return [{ dtype: x!.dtype, dims: [...x!.dims, size] }];
  },
  gradient: (g, { inputs: [, indices] }, [dy]) => [g.pick(dy!, indices!), null],
};

export const argmax: OpDefinition<"argmax"> = {
  infer: ([x]) => [{ dtype: "int64", dims: x!.dims.slice(0, -1) }],
  gradient: "none",
};
