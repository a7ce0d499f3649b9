/** @file The arithmetic that a caller may do for a pipeline, and how a computation waits for it. */
import { internalError } from "../errors.js";
import type { MaxoutWeights } from "./maxout.js";

/**
 * `output[r, o] = bias[o] + Σ_i input[r, i] · weights[o, i]` for `rows` rows; arrays are row-major, 32-bit. May finish later;
 * neither array is touched until then.
 */
export type MatrixProduct = (input: Float32Array, rows: number, output: Float32Array) => void | Promise<void>;

/** Arithmetic from outside, prepared with fixed weights. Numbers of outputs are multiples of 8. */
export interface OutsideArithmetic {
  /** `weights` [outputs, inputs] and `bias` [outputs] (or none). */
  product(weights: Float32Array, bias: Float32Array | null, outputs: number, inputs: number): MatrixProduct;
  /**
   * Maxout layers, each over windows of `window` rows on both sides, normalized (with `varianceFloor` added
   * to the variance) and added to what it was given: rows of as many numbers as layers
   * have outputs to rows of as many. What the first and last `window · layers` rows become does not matter.
   */
  encoder(layers: readonly MaxoutWeights[], window: number, varianceFloor: number): MatrixProduct;
}

/** Who does the large products: the package's own kernels, at once, or the arithmetic from outside where there is one. */
export type Engine = "own" | "outside";

/** Rows below which a call outside costs more than it saves. */
export const FEWEST_OUTSIDE_ROWS = 32;

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
