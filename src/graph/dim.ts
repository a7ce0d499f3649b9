/** @file Dimensions of symbolic shapes: whole numbers, named symbols such as `B` and `S`, and products of them. No other arithmetic. */
import { ClinicalBertError } from "../errors.js";

/** A number, or a product in canonical form: an optional coefficient, then symbols in order, joined by `*` (`"12*B*S"`). */
export type Dim = number | string;

/** The canonical product of dimensions; a number when no symbol takes part. */
export function productOf(dims: readonly Dim[]): Dim {
  let coefficient = 1;
  const symbols: string[] = [];
  for (const dim of dims) {
    for (const factor of String(dim).split("*")) {
      if (/^\d+$/.test(factor)) coefficient *= Number(factor);
      else symbols.push(factor);
    }
  }
  if (symbols.length === 0 || coefficient === 0) return coefficient;
  return [...(coefficient === 1 ? [] : [String(coefficient)]), ...symbols.sort()].join("*");
}

/** The symbols of a dimension, e.g. `["B", "S"]` for `"12*B*S"`. */
export function symbolsOf(dim: Dim): string[] {
  return typeof dim === "number" ? [] : dim.split("*").filter((factor) => !/^\d+$/.test(factor));
}

/** `dim` as [rest, block] with block its largest known divisor up to `limit`: `"128*B"` is `["2*B", 64]`. */
export function splitDim(dim: Dim, limit: number): [rest: Dim, block: number] {
  const [coefficient, symbols] =
    typeof dim === "number" ? [dim, []] : [Number.parseInt(dim, 10) || 1, symbolsOf(dim)];
  let block = Math.min(limit, coefficient);
  while (block > 1 && coefficient % block !== 0) block--;
  return [productOf([coefficient / block, ...symbols]), block];
}

export function sameDims(a: readonly Dim[], b: readonly Dim[]): boolean {
  return a.length === b.length && a.every((dim, axis) => dim === b[axis]);
}

/** The number a dimension stands for, given its symbols' values. */
export function resolveDim(dim: Dim, symbols: ReadonlyMap<string, number>): number {
  if (typeof dim === "number") return dim;
  return dim.split("*").reduce((product, factor) => {
    const value = symbols.get(factor) ?? Number(factor);
    if (!Number.isInteger(value)) throw shapeError(`the symbol ${factor} has no value`);
    return product * value;
  }, 1);
}

/** `[B, S, 12]`. */
export function formatDims(dims: readonly Dim[]): string {
  return `[${dims.join(", ")}]`;
}

/** NumPy's rule: aligned at the right, equal or 1. Throws `GRAPH_SHAPE` otherwise. */
export function broadcastDims(a: readonly Dim[], b: readonly Dim[]): Dim[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const left = a[axis - rank + a.length] ?? 1;
    const right = b[axis - rank + b.length] ?? 1;
    if (left === right || right === 1) return left;
    if (left === 1) return right;
    throw shapeError(`${formatDims(a)} and ${formatDims(b)} cannot be broadcast together`);
  });
}

export function shapeError(message: string): ClinicalBertError {
  return new ClinicalBertError("GRAPH_SHAPE", `A graph has impossible shapes: ${message}.`);
}
