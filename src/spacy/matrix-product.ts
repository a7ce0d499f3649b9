/** @file The matrix product that a pipeline is given from outside, and the plain one in typed arrays. */

/** `output[r, o] = bias[o] + Σ_i input[r · stride + i] · weights[o, i]` for `rows` rows; all arrays 32-bit, row-major. */
export type MatrixProduct = (input: Float32Array, stride: number, rows: number, output: Float32Array) => void;

/** Prepares a product with fixed `weights` [outputs, inputs] and `bias` [outputs] (or none). */
export type MatrixProducts = (
  weights: Float32Array,
  bias: Float32Array | null,
  outputs: number,
  inputs: number,
) => MatrixProduct;

/** Outputs that are summed together, so that one pass over the inputs serves several sums. */
const BLOCK = 4;

/** Products in plain JavaScript, summed in 64 bits: the slow reference, and what remains where there is no WebAssembly. */
export const plainProducts: MatrixProducts = (weights, bias, outputs, inputs) => {
  const whole = outputs - (outputs % BLOCK);
  return (input, stride, rows, output) => {
    for (let row = 0; row < rows; row++) {
      const from = row * stride;
      const to = row * outputs;
      for (let o = 0; o < whole; o += BLOCK) {
        let [s0, s1, s2, s3] = [0, 0, 0, 0];
        const w0 = o * inputs;
        const w1 = w0 + inputs;
        const w2 = w1 + inputs;
        const w3 = w2 + inputs;
        for (let i = 0; i < inputs; i++) {
          const x = input[from + i]!;
          s0 += x * weights[w0 + i]!;
          s1 += x * weights[w1 + i]!;
          s2 += x * weights[w2 + i]!;
          s3 += x * weights[w3 + i]!;
        }
        output[to + o] = s0 + (bias?.[o] ?? 0);
        output[to + o + 1] = s1 + (bias?.[o + 1] ?? 0);
        output[to + o + 2] = s2 + (bias?.[o + 2] ?? 0);
        output[to + o + 3] = s3 + (bias?.[o + 3] ?? 0);
      }
      for (let o = whole; o < outputs; o++) {
        let sum = 0;
        for (let i = 0; i < inputs; i++) sum += input[from + i]! * weights[o * inputs + i]!;
        output[to + o] = sum + (bias?.[o] ?? 0);
      }
    }
  };
};
