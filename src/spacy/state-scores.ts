/** @file Scores of the moves in a parser state: sums of precomputed word features, maxout, and the output layer. */
import { createArithmetic, paddedOutputs } from "./arithmetic.js";
import { type Engine, FEWEST_OUTSIDE_ROWS, type OutsideArithmetic, type Waiting } from "./matrix-product.js";

/** The parser's own weights. Shapes as thinc keeps them. */
export interface ParserWeights {
  /** Width of the token vectors that come in. */
  readonly width: number;
  /** Words that a state looks at. */
  readonly features: number;
  readonly hidden: number;
  readonly pieces: number;
  readonly classes: number;
  /** Token vectors to the lower layer's input, [inner, width] and [inner]; `null`: they go in as they are. */
  readonly projection: {
    readonly weights: Float32Array;
    readonly bias: Float32Array;
    readonly inner: number;
  } | null;
  /** [features, hidden, pieces, inner] */
  readonly lower: Float32Array;
  /** [hidden, pieces] */
  readonly lowerBias: Float32Array;
  /** [features, hidden, pieces]: what an absent word counts. */
  readonly pad: Float32Array;
  /** [classes, hidden] and [classes]; `null`: the hidden values are the scores. */
  readonly upper: { readonly weights: Float32Array; readonly bias: Float32Array } | null;
}

export interface StateScores {
  /** Takes the vectors [count, width] of the words that states will name by their row. */
  begin(vectors: Float32Array, count: number, engine: Engine): void;
  /** Computes the rows of the next words that states will name. */
  readAhead(): Waiting<void>;
  /**
   * Scores of all classes for a state's words (`base` is added to each that is not -1); `null` when `readAhead` has not come to one
   * of them. The array is reused.
   */
  score(features: Int32Array, base: number): Float32Array | null;
}

/** Rows computed ahead in one product: what they give still fits into the second cache. */
const BLOCK = 63;
/** Rows kept: those ahead, and those that a stack may still name. */
const RING = 8 * BLOCK;
/** Places for words that a long sentence brings back after they left the ring; more than a state has words. */
const OLD = 64;
/** Hidden values are added in vectors of this many. */
const LANES = 4;

export function createStateScores(model: ParserWeights, outside: OutsideArithmetic | null): StateScores {
  const { width, features, pieces, classes } = model;
  const hidden = Math.ceil(model.hidden / LANES) * LANES;
  const slot = hidden * pieces;
  const rowSize = paddedOutputs(features * slot);
  const { weights, bias } = arrangeLower(model, hidden);
  const arithmetic = createArithmetic({
    floats:
      rowSize * (width + 1 + RING + OLD) +
      (features + 1) * slot +
      hidden +
      paddedOutputs(classes) * (hidden + 2) +
      width * BLOCK +
      1024,
    products: [width, hidden],
    slots: [],
    features,
  });
  const precompute = arithmetic.product(weights, bias, features * slot, width);
  const precomputeOutside =
    outside === null || rowSize !== features * slot ? null : outside.product(weights, bias, rowSize, width);
  const { upper } = model;
  const output =
    upper === null
      ? null
      : arithmetic.product(widenColumns(upper.weights, model.hidden, hidden), upper.bias, classes, hidden);
  // One array holds all that a state sums: the ring, old rows, and what absent words count.
  const store = arithmetic.allocate((RING + OLD) * rowSize + features * slot);
  const padding = (RING + OLD) * rowSize;
  store.set(arrangeSlots(model.pad, features, model.hidden, hidden, pieces, 1), padding);
  const lowerBias = arithmetic.allocate(slot);
  lowerBias.set(arrangeSlots(model.lowerBias, 1, model.hidden, hidden, pieces, 1));
  const values = arithmetic.allocate(hidden);
  const scores = arithmetic.allocate(paddedOutputs(classes));
  const input = arithmetic.allocate(BLOCK * width);
  const oldOwner = new Int32Array(OLD);
  /** The state that last read each place: its words must not take each other's. */
  const oldState = new Float64Array(OLD);
  let state = 0;
  const offsets = new Int32Array(features);
  let vectors = new Float32Array(0);
  let count = 0;
  let engine: Engine = "own";
  /** Rows [computed − RING, computed) are in the ring. */
  let computed = 0;

  const takeRows = (row: number, rows: number): void => {
    input.set(vectors.subarray(row * width, (row + rows) * width));
  };
  const offsetOf = (row: number): number => {
    if (row >= computed - RING) return (row % RING) * rowSize;
    let place = row % OLD;
    while (oldOwner[place] !== row && oldState[place] === state) place = (place + 1) % OLD;
    oldState[place] = state;
    if (oldOwner[place] !== row) {
      takeRows(row, 1);
      precompute(input, 1, store.subarray((RING + place) * rowSize));
      oldOwner[place] = row;
    }
    return (RING + place) * rowSize;
  };

  return {
    begin(newVectors, newCount, newEngine) {
      engine = newEngine;
      vectors = newVectors as Float32Array<ArrayBuffer>;
      count = newCount;
      computed = 0;
      oldOwner.fill(-1);
    },
    *readAhead() {
      const rows = Math.min(BLOCK, count - computed);
      const place = (computed % RING) * rowSize;
      takeRows(computed, rows);
      if (engine === "own" || precomputeOutside === null || rows < FEWEST_OUTSIDE_ROWS)
        precompute(input, rows, store.subarray(place));
      else {
        const output = store.subarray(place, place + rows * rowSize);
        const pending = precomputeOutside(input.subarray(0, rows * width), rows, output);
        if (pending !== undefined) yield pending;
      }
      computed += rows;
    },
    score(words, base) {
      state++;
      for (let feature = 0; feature < features; feature++) {
        const word = words[feature]!;
        if (word + base >= computed) return null;
        offsets[feature] = (word < 0 ? padding : offsetOf(word + base)) + feature * slot;
      }
      arithmetic.sumState(store, offsets, lowerBias, pieces, values);
      if (output === null) return values;
      output(values, 1, scores);
      return scores;
    },
  };
}

/** [slots, hidden, pieces, inputs] to [slots, pieces, wider hidden, inputs]; what is added is 0. */
function arrangeSlots(
  values: Float32Array,
  slots: number,
  hidden: number,
  wider: number,
  pieces: number,
  inputs: number,
): Float32Array {
  const arranged = new Float32Array(slots * pieces * wider * inputs);
  for (let slot = 0; slot < slots; slot++)
    for (let h = 0; h < hidden; h++)
      for (let piece = 0; piece < pieces; piece++) {
        const from = ((slot * hidden + h) * pieces + piece) * inputs;
        arranged.set(values.subarray(from, from + inputs), ((slot * pieces + piece) * wider + h) * inputs);
      }
  return arranged;
}

/** [rows, columns] to [rows, wider], filled up with 0. */
function widenColumns(values: Float32Array, columns: number, wider: number): Float32Array {
  const rows = values.length / columns;
  const result = new Float32Array(rows * wider);
  for (let row = 0; row < rows; row++)
    result.set(values.subarray(row * columns, (row + 1) * columns), row * wider);
  return result;
}

function arrangeLower(
  model: ParserWeights,
  hidden: number,
): { weights: Float32Array; bias: Float32Array | null } {
  const { weights, bias } = foldProjection(model);
  const { features, pieces, width } = model;
  return {
    weights: arrangeSlots(weights, features, model.hidden, hidden, pieces, width),
    bias: bias === null ? null : arrangeSlots(bias, features, model.hidden, hidden, pieces, 1),
  };
}

/** Projection and lower layer are both linear: one product from the token vectors does for two, summed in 64 bits. */
function foldProjection(model: ParserWeights): { weights: Float32Array; bias: Float32Array | null } {
  const { projection, lower, width } = model;
  if (projection === null) return { weights: lower, bias: null };
  const { inner } = projection;
  const outputs = lower.length / inner;
  const weights = new Float32Array(outputs * width);
  const bias = new Float32Array(outputs);
  const sum = new Float64Array(width);
  for (let o = 0; o < outputs; o++) {
    sum.fill(0);
    let constant = 0;
    for (let k = 0; k < inner; k++) {
      const factor = lower[o * inner + k]!;
      constant += factor * projection.bias[k]!;
      for (let i = 0; i < width; i++) sum[i] = sum[i]! + factor * projection.weights[k * width + i]!;
    }
    weights.set(sum, o * width);
    bias[o] = constant;
  }
  return { weights, bias };
}
