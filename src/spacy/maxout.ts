/** @file A maxout layer with layer normalization: the one kind of hidden layer in spaCy's token vectors. */
import type { Arithmetic } from "./arithmetic.js";
import type { MatrixProduct, MatrixProducts, Waiting } from "./matrix-product.js";

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
  /** Rows of `inputs` numbers, as far apart as the layer was told, to rows of `outputs`; with `add`, onto what is there. */
  apply(input: Float32Array, rows: number, output: Float32Array, add: boolean): Waiting<void>;
}

/** Floats that a layer allocates, for at most `rows` rows at once. */
export function maxoutFloats(layer: MaxoutWeights, rows: number): number {
  const { outputs, pieces, inputs } = layer;
  return outputs * pieces * (inputs + 1 + rows) + 2 * outputs + 64;
}

/** Rows of the input are `stride` floats apart. `sums` holds the largest number of rows times outputs times pieces. */
export function createMaxout(
  layer: MaxoutWeights,
  stride: number,
  arithmetic: Arithmetic,
  sums: Float32Array,
  products: MatrixProducts | null,
): MaxoutLayer {
  const { outputs, pieces, inputs } = layer;
  const weights = planeByPlane(layer.weights, outputs, pieces, inputs);
  const bias = planeByPlane(layer.bias, outputs, pieces, 1);
  const own = arithmetic.product(weights, bias, outputs * pieces, inputs, stride);
  const foreign =
    products === null
      ? null
      : denseProduct(products(weights, bias, outputs * pieces, inputs), stride, inputs);
  const gain = arithmetic.allocate(outputs);
  gain.set(layer.gain);
  const shift = arithmetic.allocate(outputs);
  shift.set(layer.shift);
  return {
    *apply(input, rows, output, add) {
      if (foreign === null || rows < FEWEST_FOREIGN_ROWS) own(input, rows, sums);
      else {
        const pending = foreign(input, rows, sums);
        if (pending !== undefined) yield pending;
      }
      arithmetic.normalize(sums, rows, pieces, gain, shift, output, add);
    },
  };
}

/** Calls from outside cost more than small products. */
export const FEWEST_FOREIGN_ROWS = 32;

/** A product on rows `stride` apart by one on dense rows: overlapping windows are written out into an array of its own. */
function denseProduct(product: MatrixProduct, stride: number, inputs: number): MatrixProduct {
  if (stride === inputs) return product;
  let dense = new Float32Array(0);
  return (input, rows, output) => {
    if (dense.length < rows * inputs) dense = new Float32Array(rows * inputs);
    for (let row = 0, to = 0; row < rows; row++)
      for (let index = 0, from = row * stride; index < inputs; index++) dense[to++] = input[from++]!;
    return product(dense, rows, output);
  };
}

/** [outputs, pieces, inputs] to [pieces, outputs, inputs]: maxima over pieces then run along outputs. */
export function planeByPlane(
  values: Float32Array,
  outputs: number,
  pieces: number,
  inputs: number,
): Float32Array {
  const planes = new Float32Array(values.length);
  for (let o = 0; o < outputs; o++)
    for (let piece = 0; piece < pieces; piece++) {
      const from = (o * pieces + piece) * inputs;
      planes.set(values.subarray(from, from + inputs), (piece * outputs + o) * inputs);
    }
  return planes;
}
