/** @file Ops without inputs: `input`, `constant`, `zeros`, `iota`. */

import { shapeError } from "../dim.js";
import { sizeOf } from "../tensor.js";
import type { OpDefinition } from "./definition.js";

export const input: OpDefinition<"input"> = {
  infer: (_, { dtype, dims }) => [{ dtype, dims }],
  gradient: "none",
};

export const constant: OpDefinition<"constant"> = {
  infer(_, { dtype, dims, values }) {
    if (values.length !== sizeOf(dims))
      throw shapeError(`${values.length} values for a constant of shape [${dims.join(", ")}]`);
    return [{ dtype, dims }];
  },
  gradient: "none",
};

export const zeros: OpDefinition<"zeros"> = {
  infer: (_, { dims }) => [{ dtype: "float32", dims }],
  gradient: "none",
};

export const iota: OpDefinition<"iota"> = {
  infer: (_, { size }) => [{ dtype: "int64", dims: [size] }],
  gradient: "none",
};
