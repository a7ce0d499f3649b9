/** @file Tensors that leave the Auto API: rows by index (`logits[0]`), as transformers.js has them. */
import type { Tensor } from "../graph/tensor.js";

const ROW = /^(?:0|[1-9][0-9]*)$/;

/** The same tensor, with its first axis also reachable by numbers. */
export function indexable(tensor: Tensor): Tensor {
  return new Proxy(tensor, {
    get(target, key) {
      if (typeof key === "string" && ROW.test(key))
        return Number(key) < target.dims[0]! ? indexable(target.row(Number(key))) : undefined;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
