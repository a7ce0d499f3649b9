/** @file Matrix products that a caller may do for a pipeline, and how a computation waits for them. */
import { internalError } from "../errors.js";

/**
 * `output[r, o] = bias[o] + Σ_i input[r, i] · weights[o, i]` for `rows` rows; arrays are row-major, 32-bit. May finish later;
 * neither array is touched until then.
 */
export type MatrixProduct = (input: Float32Array, rows: number, output: Float32Array) => void | Promise<void>;

/** Prepares a product with fixed `weights` [outputs, inputs] and `bias` [outputs] (or none). `outputs` is a multiple of 8. */
export type MatrixProducts = (
  weights: Float32Array,
  bias: Float32Array | null,
  outputs: number,
  inputs: number,
) => MatrixProduct;

/** A computation that yields what it waits for; without products from outside it never yields. */
export type Waiting<T> = Generator<Promise<void>, T, void>;

/** Runs a computation that has nothing to wait for. */
export function runNow<T>(computation: Waiting<T>): T {
  const step = computation.next();
  if (step.done !== true)
    throw internalError("a product that finishes later was used where nothing can wait.");
  return step.value;
}

export async function runLater<T>(computation: Waiting<T>): Promise<T> {
  for (;;) {
    const step = computation.next();
    if (step.done === true) return step.value;
    await step.value;
  }
}
