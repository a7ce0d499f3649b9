/** @file A maxout layer with layer normalization: the one kind of hidden layer in spaCy's token vectors. */
import type { MatrixProduct, MatrixProducts } from "./matrix-product.js";

/** Weights of `Maxout(normalize=True)`: W [outputs, pieces, inputs], b [outputs, pieces], and the norm's gain and bias. */
export interface MaxoutWeights {
  readonly outputs: number;
  readonly pieces: number;
  readonly inputs: number;
  readonly weights: Float32Array;
  readonly bias: Float32Array;
  readonly gain: Float32Array;
  readonly shift: Float32Array;
}

export interface MaxoutLayer {
  /** Rows of `inputs` numbers, `stride` apart, to rows of `outputs`; with `add`, onto what is there. */
  apply(input: Float32Array, stride: number, rows: number, output: Float32Array, add: boolean): void;
}

/** thinc layernorm.py: added to the variance. */
const VARIANCE_FLOOR = 1e-8;

export function createMaxout(layer: MaxoutWeights, products: MatrixProducts): MaxoutLayer {
  const { outputs, pieces } = layer;
  const product: MatrixProduct = products(layer.weights, layer.bias, outputs * pieces, layer.inputs);
  let sums = new Float32Array(0);
  const best = new Float32Array(outputs);
  return {
    apply(input, stride, rows, output, add) {
      if (sums.length < rows * outputs * pieces) sums = new Float32Array(rows * outputs * pieces);
      product(input, stride, rows, sums);
      for (let row = 0; row < rows; row++) {
        const mean = takeMaxima(sums, row * outputs * pieces, outputs, pieces, best) / outputs;
        normalizeInto(best, mean, layer, output, row * outputs, add);
      }
    },
  };
}

/** The largest piece of every output; returns their sum. */
function takeMaxima(
  sums: Float32Array,
  from: number,
  outputs: number,
  pieces: number,
  best: Float32Array,
): number {
  let total = 0;
  for (let o = 0, at = from; o < outputs; o++) {
    let most = sums[at++]!;
    for (let piece = 1; piece < pieces; piece++) {
      const sum = sums[at++]!;
      if (sum > most) most = sum;
    }
    best[o] = most;
    total += most;
  }
  return total;
}

function normalizeInto(
  values: Float32Array,
  mean: number,
  { outputs, gain, shift }: MaxoutWeights,
  output: Float32Array,
  to: number,
  add: boolean,
): void {
  let squares = 0;
  for (let o = 0; o < outputs; o++) {
    const distance = values[o]! - mean;
    squares += distance * distance;
  }
  const scale = 1 / Math.sqrt(squares / outputs + VARIANCE_FLOOR);
  if (add)
    for (let o = 0; o < outputs; o++)
      output[to + o] = output[to + o]! + ((values[o]! - mean) * scale * gain[o]! + shift[o]!);
  else for (let o = 0; o < outputs; o++) output[to + o] = (values[o]! - mean) * scale * gain[o]! + shift[o]!;
}
