/** @file Finds the tensors in what a pickle holds and names them as a state dict does. */
import type { PickleValue } from "./pickle.js";
import { TensorRef } from "./storages.js";

/**
 * The tensors of a value by name, in the order of the file: keys of nested dicts and indices of lists are joined by
 * dots, so that a plain state dict keeps its names and `{"state_dict": …}` gives `state_dict.…`. Each container is
 * walked once, which ends cycles and keeps shared ones from multiplying.
 */
export function collectTensors(value: PickleValue): Map<string, TensorRef> {
  const found = new Map<string, TensorRef>();
  const seen = new Set<PickleValue>();
  // Last in, first out; children are pushed in reverse so that they come out in order.
  const waiting: [string, PickleValue][] = [["", value]];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [name, item] = next;
    if (item instanceof TensorRef) found.set(name === "" ? "tensor" : name, item);
    else if (item instanceof Map || Array.isArray(item)) {
      if (seen.has(item)) continue;
      seen.add(item);
      const children = [...item.entries()] as [PickleValue, PickleValue][];
      for (const [key, child] of children.reverse())
        if (typeof key === "string" || typeof key === "number")
          waiting.push([name === "" ? String(key) : `${name}.${key}`, child]);
    }
  }
  return found;
}
