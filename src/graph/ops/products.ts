/** @file Matrix products: `gemm` (two-dimensional, with an addend) and `matmul` (batched). */
import { broadcastDims, formatDims, sameDims, shapeError } from "../dim.js";
import type { OpAttributes, Value, ValueType } from "../value.js";
import type { OpDefinition } from "./definition.js";

/** Dims of op(a) op(b): batch axes, rows, columns. */
function inferProduct(a: Value, b: Value, { transA, transB }: OpAttributes["matmul"]): ValueType {
  const rank = a.dims.length;
  const batch = a.dims.slice(0, -2);
  const [rows, innerA] = transA
    ? [a.dims[rank - 1]!, a.dims[rank - 2]!]
    : [a.dims[rank - 2]!, a.dims[rank - 1]!];
  const [innerB, columns] = transB
    ? [b.dims[rank - 1]!, b.dims[rank - 2]!]
    : [b.dims[rank - 2]!, b.dims[rank - 1]!];
  if (rank < 2 || b.dims.length !== rank || innerA !== innerB || !sameDims(batch, b.dims.slice(0, -2)))
    throw shapeError(
      `a product of ${formatDims(a.dims)}${transA ? "ᵀ" : ""} and ${formatDims(b.dims)}${transB ? "ᵀ" : ""}`,
    );
  if (a.dtype !== b.dtype) throw shapeError(`a product of ${a.dtype} and ${b.dtype}`);
  return { dtype: a.dtype, dims: [...batch, rows, columns] };
}

/**
 * With Y = α op(A) op(B): dA = α dY op(B)ᵀ (transposed when A is), dB = α op(A)ᵀ dY (transposed when B is). The
 * transposes go into flags, so that every gradient of a product is one product.
 */
function productGradients<T>(
  product: (a: Value, b: Value, attributes: OpAttributes["matmul"]) => T,
  a: Value,
  b: Value,
  dy: Value,
  { transA, transB, alpha }: OpAttributes["matmul"],
): [T, T] {
  const da = transA
    ? product(b, dy, { transA: transB, transB: true, alpha })
    : product(dy, b, { transA: false, transB: !transB, alpha });
  const db = transB
    ? product(dy, a, { transA: true, transB: transA, alpha })
    : product(a, dy, { transA: !transA, transB: false, alpha });
  return [da, db];
}

export const gemm: OpDefinition<"gemm"> = {
  infer([a, b, c], attributes) {
    if (a!.dims.length !== 2) throw shapeError(`gemm of ${formatDims(a!.dims)}; it takes two dimensions`);
    const type = inferProduct(a!, b!, attributes);
    if (c !== undefined && !sameDims(broadcastDims(type.dims, c.dims), type.dims))
      throw shapeError(`an addend of ${formatDims(c.dims)} for a product of ${formatDims(type.dims)}`);
    return [type];
  },
  gradient(g, { inputs: [a, b, c], attributes }, [dy]) {
    const products = productGradients((x, y, flags) => g.gemm(x, y, flags), a!, b!, dy!, attributes);
    return c === undefined ? products : [...products, g.sumTo(dy!, c.dims)];
  },
};

export const matmul: OpDefinition<"matmul"> = {
  infer: ([a, b], attributes) => [inferProduct(a!, b!, attributes)],
  gradient: (g, { inputs: [a, b], attributes }, [dy]) =>
    productGradients((x, y, flags) => g.matmul(x, y, flags), a!, b!, dy!, attributes),
};
