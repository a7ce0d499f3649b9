/** @file Element-wise ops on two operands, with broadcasting. */
import { broadcastDims, shapeError } from "../dim.js";
import type { Value, ValueType } from "../value.js";
import type { OpDefinition } from "./definition.js";

function inferBroadcast(inputs: readonly Value[]): ValueType[] {
  const [a, b] = inputs as readonly [Value, Value];
  if (a.dtype !== b.dtype) throw shapeError(`operands of ${a.dtype} and ${b.dtype}`);
  return [{ dtype: a.dtype, dims: broadcastDims(a.dims, b.dims) }];
}

export const add: OpDefinition<"add"> = {
  infer: inferBroadcast,
  gradient: (g, node, [dy]) => node.inputs.map((x) => g.sumTo(dy!, x.dims)),
};

export const sub: OpDefinition<"sub"> = {
  infer: inferBroadcast,
  gradient: (g, { inputs: [a, b] }, [dy]) => [g.sumTo(dy!, a!.dims), g.sumTo(g.neg(dy!), b!.dims)],
};

export const mul: OpDefinition<"mul"> = {
  infer: inferBroadcast,
  gradient: (g, { inputs: [a, b] }, [dy]) => [
    g.sumTo(g.mul(dy!, b!), a!.dims),
    g.sumTo(g.mul(dy!, a!), b!.dims),
  ],
};

/** (a/b)' = a'/b − (a/b) b'/b */
export const div: OpDefinition<"div"> = {
  infer: inferBroadcast,
  gradient(g, { inputs: [, b], inputs: [a], outputs: [y] }, [dy]) {
    const da = g.div(dy!, b!);
    return [g.sumTo(da, a!.dims), g.sumTo(g.neg(g.mul(da, y!)), b!.dims)];
  },
};
