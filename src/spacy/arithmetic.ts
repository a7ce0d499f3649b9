/** @file The arithmetic of a pipeline: WebAssembly with vectors where there is one, plain JavaScript where not. */
import { instantiate, type WasmInstance } from "../util/wasm-assembler.js";
import {
  matrixProductKernel,
  normalizeKernel,
  PANEL,
  rowProductKernel,
  sumStateKernel,
} from "./wasm-kernels.js";

/** Rows of outputs lie this many floats apart: whole panels. */
export function paddedOutputs(outputs: number): number {
  return Math.ceil(outputs / PANEL) * PANEL;
}

/** What an arithmetic has to provide for. */
export interface ArithmeticPlan {
  /** Floats that will be allocated, weights of products included. */
  readonly floats: number;
  /** Inputs of the products. */
  readonly products: readonly number[];
  /** Slots of the normalizations. */
  readonly slots: readonly number[];
  /** Words that a parser state looks at; 0 without a parser. */
  readonly features: number;
}

/** Rows at `input` times fixed weights, to rows `paddedOutputs` apart. */
export type Product = (input: Float32Array, rows: number, output: Float32Array) => void;

/** What a maxout layer does after its product. Shapes: `bias` [pieces, outputs], `gain` and `shift` [outputs]. */
export interface NormalizationWeights {
  readonly slots: number;
  readonly pieces: number;
  readonly bias: Float32Array;
  readonly gain: Float32Array;
  readonly shift: Float32Array;
}

/**
 * Rows of products [slots, pieces, outputs], `paddedOutputs` apart, to rows of outputs: row r adds slot s of the row r + s and the bias,
 * takes the maxima over pieces and normalizes them; `add` adds them to what is there.
 */
export type Normalization = (sums: Float32Array, rows: number, output: Float32Array, add: boolean) => void;

export interface Arithmetic {
  /** Zeros that the functions below can work on without copying. All their arrays come from here. */
  allocate(length: number): Float32Array;
  /** `weights` [outputs, inputs]. */
  product(weights: Float32Array, bias: Float32Array | null, outputs: number, inputs: number): Product;
  /** Prepares what follows a product in a maxout layer. */
  normalization(weights: NormalizationWeights): Normalization;
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
    product: (weights, bias, outputs, inputs) => (input, rows, output) => {
      const padded = paddedOutputs(outputs);
      for (let row = 0; row < rows; row++)
        for (let o = 0; o < outputs; o++) {
          let sum = bias?.[o] ?? 0;
          for (let i = 0, w = o * inputs, x = row * inputs; i < inputs; i++)
            sum += input[x++]! * weights[w++]!;
          output[row * padded + o] = sum;
        }
    },
    normalization({ slots, pieces, bias, gain, shift }) {
      const outputs = gain.length;
      const slot = pieces * outputs;
      const stride = paddedOutputs(slots * slot);
      const total = new Float64Array(slot);
      const values = new Float64Array(outputs);
      return (sums, rows, output, add) => {
        for (let row = 0; row < rows; row++) {
          total.set(bias);
          for (let s = 0; s < slots; s++)
            for (let index = 0, at = (row + s) * stride + s * slot; index < slot; index++)
              total[index] = total[index]! + sums[at++]!;
          takeMaxima(total, outputs, pieces, values);
          const mean = values.reduce((sum, value) => sum + value, 0) / outputs;
          const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / outputs;
          const scale = 1 / Math.sqrt(variance + VARIANCE_FLOOR);
          for (let o = 0, to = row * outputs; o < outputs; o++, to++)
            output[to] = (values[o]! - mean) * scale * gain[o]! + shift[o]! + (add ? output[to]! : 0);
        }
      };
    },
    sumState(store, offsets, bias, pieces, output) {
      const sums = bias.slice();
      for (const offset of offsets)
        for (let index = 0; index < sums.length; index++) sums[index] = sums[index]! + store[offset + index]!;
      takeMaxima(sums, bias.length / pieces, pieces, output);
    },
  };
}

function takeMaxima(
  sums: Float32Array | Float64Array,
  outputs: number,
  pieces: number,
  output: Float32Array | Float64Array,
): void {
  for (let o = 0; o < outputs; o++) {
    let most = sums[o]!;
    for (let piece = 1; piece < pieces; piece++) most = Math.max(most, sums[piece * outputs + o]!);
    output[o] = most;
  }
}

const FLOAT = 4;
/** Bytes of memory for addresses, and for rounding every array up to whole vectors. */
const MARGIN = 131_072;

/** `null` where WebAssembly has no vectors, or no memory of that size. */
export function createWasmArithmetic(plan: ArithmeticPlan): Arithmetic | null {
  const products = [...new Set(plan.products)];
  const functions = [...products.map(matrixProductKernel), ...products.map(rowProductKernel)];
  functions.push(...[...new Set(plan.slots)].map(normalizeKernel));
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
  const keep = (values: Float32Array): Float32Array => {
    const array = allocate(values.length);
    array.set(values);
    return array;
  };
  return {
    allocate,
    product(weights, bias, outputs, inputs) {
      const padded = paddedOutputs(outputs);
      const panels = padded / PANEL;
      const packed = allocate(padded * inputs);
      for (let o = 0; o < outputs; o++)
        for (let i = 0; i < inputs; i++)
          packed[(Math.floor(o / PANEL) * inputs + i) * PANEL + (o % PANEL)] = weights[o * inputs + i]!;
      const offsets = allocate(padded);
      if (bias !== null) offsets.set(bias);
      const multiply = kernels[`multiply${inputs}`]!;
      const multiplyRow = kernels[`multiplyRow${inputs}`]!;
      return (input, rows, output) => {
        if (rows === 0) return;
        if (rows === 1)
          return multiplyRow(
            input.byteOffset,
            packed.byteOffset,
            offsets.byteOffset,
            panels,
            output.byteOffset,
          );
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
    normalization({ slots, pieces, bias, gain, shift }) {
      const outputs = gain.length;
      const [keptBias, keptGain, keptShift] = [keep(bias), keep(gain), keep(shift)];
      const maxima = allocate(outputs);
      const rowBytes = paddedOutputs(slots * pieces * outputs) * FLOAT;
      const normalize = kernels[`normalize${slots}`]!;
      return (sums, rows, output, add) => {
        if (rows === 0) return;
        normalize(
          sums.byteOffset,
          rowBytes,
          rows,
          outputs,
          pieces,
          keptBias.byteOffset,
          keptGain.byteOffset,
          keptShift.byteOffset,
          output.byteOffset,
          add ? 1 : 0,
          maxima.byteOffset,
        );
      };
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
