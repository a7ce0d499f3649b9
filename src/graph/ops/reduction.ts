/** @file Sums and means over axes, softmax, layer normalisation. */
import { type Dim, formatDims, sameDims, shapeError } from "../dim.js";
import type { OpAttributes, Value, ValueType } from "../value.js";
import type { OpDefinition } from "./definition.js";

function inferReduction([x]: readonly Value[], { axes, keepDims }: OpAttributes["reduceSum"]): ValueType[] {
  if (axes.length === 0 || axes.some((axis) => axis < 0 || axis >= x!.dims.length))
    throw shapeError(`a reduction of ${formatDims(x!.dims)} over axes [${axes.join(", ")}]`);
  return [
    {
      dtype: x!.dtype,
      dims: keepDims ? keptDims(x!, axes) : x!.dims.filter((_, axis) => !axes.includes(axis)),
    },
  ];
}

function keptDims(x: Value, axes: readonly number[]): Dim[] {
  return x.dims.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
}

export const reduceSum: OpDefinition<"reduceSum"> = {
  infer: inferReduction,
  gradient: (g, { inputs: [x], attributes: { axes } }, [dy]) => [
    g.broadcast(g.reshape(dy!, keptDims(x!, axes)), x!.dims),
  ],
};

export const reduceMean: OpDefinition<"reduceMean"> = {
  infer(inputs, attributes) {
    const symbolic = attributes.axes.some((axis) => typeof inputs[0]!.dims[axis] === "string");
    if (symbolic) throw shapeError(`a mean over a symbolic axis of ${formatDims(inputs[0]!.dims)}`);
    return inferReduction(inputs, attributes);
  },
  gradient(g, { inputs: [x], attributes: { axes } }, [dy]) {
    const count = axes.reduce((product, axis) => product * (x!.dims[axis] as number), 1);
    const share = g.mul(dy!, g.scalar(1 / count));
    return [g.broadcast(g.reshape(share, keptDims(x!, axes)), x!.dims)];
  },
};

const inferLastAxis = ([x]: readonly Value[]): ValueType[] => {
  if (x!.dims.length === 0) throw shapeError("a softmax of a scalar");
  return [{ dtype: x!.dtype, dims: x!.dims }];
};

/** dx = y ∘ (dy − Σ dy ∘ y) */
export const softmax: OpDefinition<"softmax"> = {
  infer: inferLastAxis,
  gradient(g, { outputs: [y] }, [dy]) {
    const weighted = g.reduceSum(g.mul(dy!, y!), [y!.dims.length - 1], true);
    return [g.mul(y!, g.sub(dy!, weighted))];
  },
};

/** dx = dy − e^y Σ dy */
export const logSoftmax: OpDefinition<"logSoftmax"> = {
  infer: inferLastAxis,
  gradient: (g, { outputs: [y] }, [dy]) => [
    g.sub(dy!, g.mul(g.exp(y!), g.reduceSum(dy!, [y!.dims.length - 1], true))),
  ],
};

/**
 * With x̂ = (x − μ)/σ and d = dy ∘ scale: dx = (d − mean(d) − x̂ ∘ mean(d ∘ x̂))/σ, dscale = Σ dy ∘ x̂, dbias = Σ dy.
 * The derivation is in docs/derivations/layer-normalization.md. Only y is differentiable; mean and 1/σ are for this rule.
 */
export const layerNormalization: OpDefinition<"layerNormalization"> = {
  infer([x, scale, bias]) {
    const last = x!.dims.slice(-1);
    if (last.length === 0 || !sameDims(scale!.dims, last) || !sameDims(bias!.dims, last))
      throw shapeError(`layer normalisation of ${formatDims(x!.dims)} with scale ${formatDims(scale!.dims)}`);
    const statistics = { dtype: x!.dtype, dims: [...x!.dims.slice(0, -1), 1] };
    return [{ dtype: x!.dtype, dims: x!.dims }, statistics, statistics];
  },
  gradient(g, { inputs: [x, scale, bias], outputs: [, mean, inverseDeviation] }, [dy, dMean, dDeviation]) {
    if (dMean !== null || dDeviation !== null)
      throw shapeError("only the first output of layerNormalization has a gradient");
    const last = [x!.dims.length - 1];
    const normalized = g.mul(g.sub(x!, mean!), inverseDeviation!);
    const d = g.mul(dy!, scale!);
    const centred = g.sub(d, g.reduceMean(d, last, true));
    const projected = g.mul(normalized, g.reduceMean(g.mul(d, normalized), last, true));
    return [
      g.mul(g.sub(centred, projected), inverseDeviation!),
      g.sumTo(g.mul(dy!, normalized), scale!.dims),
      g.sumTo(dy!, bias!.dims),
    ];
  },
};
