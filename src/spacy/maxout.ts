/** @file A maxout layer with layer normalization: the one kind of hidden layer in spaCy's token vectors. */
import { type Arithmetic, type Normalization, paddedOutputs, type Product } from "./arithmetic.js";

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

/**
 * The inputs of a layer are `slots` rows side by side, a word and its neighbours. Every row is multiplied once for all slots in
 * which it will stand, and the normalization adds up what a window holds: windows are never written out, and what a word
 * brings to the first layer can be kept.
 */
export interface MaxoutLayer {
  /** Floats from one row of sums to the next. */
  readonly stride: number;
  /** Rows of inputs / slots numbers to rows of sums [slots, pieces, outputs]. */
  readonly multiply: Product;
  /** `rows` + `slots` − 1 rows of sums to `rows` rows of outputs; with `add`, onto what is there. */
  readonly normalize: Normalization;
}

/** Floats that a layer allocates. */
export function maxoutFloats({ outputs, pieces, inputs }: MaxoutWeights): number {
  return outputs * pieces * (inputs + 2) + inputs * pieces + 4 * outputs + 64;
}

export function createMaxout(layer: MaxoutWeights, slots: number, arithmetic: Arithmetic): MaxoutLayer {
  const { outputs, pieces } = layer;
  const inputs = layer.inputs / slots;
  const weights = slotBySlot(layer, slots);
  const size = slots * pieces * outputs;
  return {
    stride: paddedOutputs(size),
    multiply: arithmetic.product(weights, null, size, inputs),
    normalize: arithmetic.normalization({
      slots,
      pieces,
      bias: planeByPlane(layer.bias, outputs, pieces),
      gain: layer.gain,
      shift: layer.shift,
    }),
  };
}

/** [outputs, pieces, slots, inputs] to [slots, pieces, outputs, inputs]: maxima over pieces then run along outputs. */
function slotBySlot(layer: MaxoutWeights, slots: number): Float32Array {
  const { outputs, pieces, weights } = layer;
  const inputs = layer.inputs / slots;
  const arranged = new Float32Array(weights.length);
  for (let o = 0, from = 0; o < outputs; o++)
    for (let piece = 0; piece < pieces; piece++)
      for (let slot = 0; slot < slots; slot++, from += inputs)
        arranged.set(weights.subarray(from, from + inputs), ((slot * pieces + piece) * outputs + o) * inputs);
  return arranged;
}

/** [outputs, pieces] to [pieces, outputs]. */
function planeByPlane(values: Float32Array, outputs: number, pieces: number): Float32Array {
  const planes = new Float32Array(values.length);
  for (let o = 0; o < outputs; o++)
    for (let piece = 0; piece < pieces; piece++) planes[piece * outputs + o] = values[o * pieces + piece]!;
  return planes;
}
