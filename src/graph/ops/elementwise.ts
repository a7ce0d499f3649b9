/** @file Element-wise ops on one operand. */
import type { Value, ValueType } from "../value.js";
import type { OpDefinition } from "./definition.js";

const inferSame = ([x]: readonly Value[]): ValueType[] => [{ dtype: x!.dtype, dims: x!.dims }];

export const neg: OpDefinition<"neg"> = {
  infer: inferSame,
  gradient: (g, _, [dy]) => [g.neg(dy!)],
};

export const exp: OpDefinition<"exp"> = {
  infer: inferSame,
  gradient: (g, { outputs: [y] }, [dy]) => [g.mul(dy!, y!)],
};

export const log: OpDefinition<"log"> = {
  infer: inferSame,
  gradient: (g, { inputs: [x] }, [dy]) => [g.div(dy!, x!)],
};

/** (√x)' = 1 / (2√x) */
export const sqrt: OpDefinition<"sqrt"> = {
  infer: inferSame,
  gradient: (g, { outputs: [y] }, [dy]) => [g.mul(g.div(dy!, y!), g.scalar(0.5))],
};

/** erf'(x) = 2/√π · e^(−x²) */
export const erf: OpDefinition<"erf"> = {
  infer: inferSame,
  gradient: (g, { inputs: [x] }, [dy]) => [
    g.mul(g.mul(dy!, g.exp(g.neg(g.mul(x!, x!)))), g.scalar(2 / Math.sqrt(Math.PI))),
  ],
};

/** tanh' = 1 − tanh² */
export const tanh: OpDefinition<"tanh"> = {
  infer: inferSame,
  gradient: (g, { outputs: [y] }, [dy]) => [g.mul(dy!, g.sub(g.scalar(1), g.mul(y!, y!)))],
};

export const relu: OpDefinition<"relu"> = {
  infer: inferSame,
  gradient: (g, { inputs: [x] }, [dy]) => [g.mul(dy!, g.step(x!))],
};

/** Piecewise constant. */
export const step: OpDefinition<"step"> = { infer: inferSame, gradient: "none" };

const SQRT_HALF = Math.SQRT1_2;
/** modeling.py:277, the tanh form. */
const TANH_SCALE = Math.sqrt(2 / Math.PI);
const TANH_CUBIC = 0.044715;

/**
 * erf form: y = x Φ(x), y' = Φ(x) + x φ(x); with u = x/√2 it is ½ (1 + erf u + (2/√π) u e^(−u²)).
 * tanh form: t = tanh(c (x + a x³)), y = ½ x (1 + t), y' = ½ (1 + t + c x (1 − t²)(1 + 3 a x²)).
 */
export const gelu: OpDefinition<"gelu"> = {
  infer: inferSame,
  gradient(g, { inputs: [x], attributes: { form } }, [dy]) {
    if (form === "erf") {
      const u = g.mul(x!, g.scalar(SQRT_HALF));
      const density = g.mul(g.mul(u, g.exp(g.neg(g.mul(u, u)))), g.scalar(2 / Math.sqrt(Math.PI)));
      const twice = g.add(g.add(g.erf(u), g.scalar(1)), density);
      return [g.mul(dy!, g.mul(twice, g.scalar(0.5)))];
    }
    const square = g.mul(x!, x!);
    const inner = g.mul(x!, g.add(g.mul(square, g.scalar(TANH_SCALE * TANH_CUBIC)), g.scalar(TANH_SCALE)));
    const t = g.tanh(inner);
    const slope = g.add(g.mul(square, g.scalar(3 * TANH_SCALE * TANH_CUBIC)), g.scalar(TANH_SCALE));
    const tail = g.mul(g.mul(x!, g.sub(g.scalar(1), g.mul(t, t))), slope);
    return [g.mul(dy!, g.mul(g.add(g.add(t, g.scalar(1)), tail), g.scalar(0.5)))];
  },
};

const FLOATING = new Set(["float32", "float64", "float16", "bfloat16"]);

export const cast: OpDefinition<"cast"> = {
  infer: ([x], { to }) => [{ dtype: to, dims: x!.dims }],
  gradient: (g, { inputs: [x], attributes: { to } }, [dy]) => [
    FLOATING.has(x!.dtype) && FLOATING.has(to) ? g.cast(dy!, x!.dtype) : null,
  ],
};
