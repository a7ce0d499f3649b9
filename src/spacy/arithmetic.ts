/** @file The arithmetic of a pipeline: WebAssembly with vectors where there is one, plain JavaScript where not. */
import { instantiate, type WasmInstance } from "../util/wasm-assembler.js";
import { matrixProductKernel, normalizeKernel, PANEL, sumStateKernel } from "./wasm-kernels.js";

/** Rows of outputs lie this many floats apart: whole panels. */
export function paddedOutputs(outputs: number): number {
  return Math.ceil(outputs / PANEL) * PANEL;
}

/** What an arithmetic has to provide for. */
export interface ArithmeticPlan {
  /** Floats that will be allocated, weights of products included. */
  readonly floats: number;
  /** Inputs of the products, and the distance of their rows. */
  readonly products: readonly { readonly inputs: number; readonly stride: number }[];
  /** Words that a parser state looks at; 0 without a parser. */
  readonly features: number;
}

/** Rows at `input` times fixed weights, to rows `paddedOutputs` apart. */
export type Product = (input: Float32Array, rows: number, output: Float32Array) => void;

export interface Arithmetic {
  /** Zeros that the functions below can work on without copying. All their arrays come from here. */
  allocate(length: number): Float32Array;
  /** `weights` [outputs, inputs]; rows of the input are `stride` floats apart. */
  product(
    weights: Float32Array,
    bias: Float32Array | null,
    outputs: number,
    inputs: number,
    stride: number,
  ): Product;
  /**
   * Rows of `pieces` planes of `outputs` sums to their maxima, normalized with `gain` and `shift`; `add` adds them to what is there.
   * `sums` is overwritten.
   */
  normalize(
    sums: Float32Array,
    rows: number,
    pieces: number,
    gain: Float32Array,
    shift: Float32Array,
    output: Float32Array,
    add: boolean,
  ): void;
  /** Sums the slots at `offsets` of `store` and the bias ([pieces, hidden] each) and writes the maxima over pieces to `output` [hidden]. */
  sumState(
    store: Float32Array,
    offsets: Int32Array,
    bias: Float32Array,
    pieces: number,
    output: Float32Array,
  ): void;
}

/** thinc layernorm.py: added to the variance. */
export const VARIANCE_FLOOR = 1e-8;

/** The fastest arithmetic of this machine. */
export function createArithmetic(plan: ArithmeticPlan): Arithmetic {
  return createWasmArithmetic(plan) ?? createPlainArithmetic();
}

/** Plain JavaScript: sums in 64 bits, in the order of the formulas. */
export function createPlainArithmetic(): Arithmetic {
  return {
    allocate: (length) => new Float32Array(length),
    product: (weights, bias, outputs, inputs, stride) => (input, rows, output) => {
      const padded = paddedOutputs(outputs);
      for (let row = 0; row < rows; row++)
        for (let o = 0; o < outputs; o++) {
          let sum = bias?.[o] ?? 0;
          for (let i = 0, w = o * inputs, x = row * stride; i < inputs; i++)
            sum += input[x++]! * weights[w++]!;
          output[row * padded + o] = sum;
        }
    },
    normalize(sums, rows, pieces, gain, shift, output, add) {
      const outputs = gain.length;
      for (let row = 0; row < rows; row++) {
        const from = row * outputs * pieces;
        const values = sums.subarray(from, from + outputs);
        takeMaxima(sums, from, outputs, pieces, values);
        const mean = values.reduce((sum, value) => sum + value, 0) / outputs;
        const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / outputs;
        const scale = 1 / Math.sqrt(variance + VARIANCE_FLOOR);
        for (let o = 0, to = row * outputs; o < outputs; o++, to++)
          output[to] = (values[o]! - mean) * scale * gain[o]! + shift[o]! + (add ? output[to]! : 0);
      }
    },
    sumState(store, offsets, bias, pieces, output) {
      const sums = bias.slice();
      for (const offset of offsets)
        for (let index = 0; index < sums.length; index++) sums[index] = sums[index]! + store[offset + index]!;
      takeMaxima(sums, 0, bias.length / pieces, pieces, output);
    },
  };
}

function takeMaxima(
  sums: Float32Array,
  from: number,
  outputs: number,
  pieces: number,
  output: Float32Array,
): void {
  for (let o = 0; o < outputs; o++) {
    let most = sums[from + o]!;
    for (let piece = 1; piece < pieces; piece++) most = Math.max(most, sums[from + piece * outputs + o]!);
    output[o] = most;
  }
}

const FLOAT = 4;
/** Bytes of memory for addresses, and for rounding every array up to whole vectors. */
const MARGIN = 131_072;

/** `null` where WebAssembly has no vectors, or no memory of that size. */
export function createWasmArithmetic(plan: ArithmeticPlan): Arithmetic | null {
  const shapes = new Map(
    plan.products.map(({ inputs, stride }) => [`multiply${inputs}x${stride}`, { inputs, stride }]),
  );
  const functions = [...shapes].map(([name, { inputs, stride }]) =>
    matrixProductKernel(name, inputs, stride),
  );
  functions.push(normalizeKernel());
  if (plan.features > 0) functions.push(sumStateKernel(plan.features));
  let wasm: WasmInstance;
  try {
    wasm = instantiate(functions, plan.floats * FLOAT + MARGIN);
  } catch {
    return null;
  }
  const { buffer, functions: kernels } = wasm;
  const addresses = new Int32Array(buffer, 0, plan.features);
  let free = 64;
  const allocate = (length: number): Float32Array => {
    const array = new Float32Array(buffer, free, length);
    free += Math.ceil((length * FLOAT) / 16) * 16;
    return array;
  };
  return {
    allocate,
    product(weights, bias, outputs, inputs, stride) {
      const padded = paddedOutputs(outputs);
      const panels = padded / PANEL;
      const packed = allocate(padded * inputs);
      for (let o = 0; o < outputs; o++)
        for (let i = 0; i < inputs; i++)
          packed[(Math.floor(o / PANEL) * inputs + i) * PANEL + (o % PANEL)] = weights[o * inputs + i]!;
      const offsets = allocate(padded);
      if (bias !== null) offsets.set(bias);
      const multiply = kernels[`multiply${inputs}x${stride}`]!;
      return (input, rows, output) => {
        if (rows === 0) return;
        multiply(
          input.byteOffset,
          rows,
          packed.byteOffset,
          offsets.byteOffset,
          panels,
          output.byteOffset,
          padded * FLOAT,
        );
      };
    },
    normalize(sums, rows, pieces, gain, shift, output, add) {
      if (rows === 0) return;
      kernels["normalize"]!(
        sums.byteOffset,
        rows,
        gain.length,
        pieces,
        gain.byteOffset,
        shift.byteOffset,
        output.byteOffset,
        add ? 1 : 0,
      );
    },
    sumState(store, offsets, bias, pieces, output) {
      for (let feature = 0; feature < offsets.length; feature++)
        addresses[feature] = store.byteOffset + offsets[feature]! * FLOAT;
      kernels[`sumState${offsets.length}`]!(
        0,
        bias.byteOffset,
        bias.length / pieces,
        pieces,
        output.byteOffset,
      );
    },
  };
}
