/** @file Scores of the moves in a parser state: sums of precomputed word features, maxout, and the output layer. */
import type { MatrixProducts } from "./matrix-product.js";

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
  begin(vectors: Float32Array, count: number): void;
  /** Scores of all classes for a state's words (`base` is added to each that is not -1). The array is reused. */
  score(features: Int32Array, base: number): Float32Array;
}

/** Rows computed ahead in one product. */
const BLOCK = 128;
/** Rows kept: those ahead, and those that a stack may still name. */
const RING = 1024;
/** Places for words that a long sentence brings back after they left the ring. */
const OLD = 64;

export function createStateScores(model: ParserWeights, products: MatrixProducts): StateScores {
  const { width, features, hidden, pieces, classes } = model;
  const slot = hidden * pieces;
  const rowSize = features * slot;
  const { weights, bias } = foldProjection(model);
  const precompute = products(weights, bias, rowSize, width);
  const upper =
    model.upper === null ? null : products(model.upper.weights, model.upper.bias, classes, hidden);
  const ring = new Float32Array(RING * rowSize);
  const old = new Float32Array(OLD * rowSize);
  const oldOwner = new Int32Array(OLD);
  const sums = new Float32Array(slot);
  const values = new Float32Array(hidden);
  const scores = new Float32Array(classes);
  let vectors = new Float32Array(0);
  let count = 0;
  /** Rows [computed − RING, computed) are in the ring. */
  let computed = 0;

  const computeAhead = (row: number): void => {
    while (computed <= row) {
      const rows = Math.min(BLOCK, count - computed);
      const at = (computed % RING) * rowSize;
      precompute(vectors.subarray(computed * width), width, rows, ring.subarray(at, at + rows * rowSize));
      computed += BLOCK;
    }
  };
  const addOld = (row: number, feature: number): void => {
    const place = row % OLD;
    if (oldOwner[place] !== row) {
      precompute(
        vectors.subarray(row * width),
        width,
        1,
        old.subarray(place * rowSize, (place + 1) * rowSize),
      );
      oldOwner[place] = row;
    }
    addSlot(old, place * rowSize + feature * slot, sums);
  };

  return {
    begin(newVectors, newCount) {
      vectors = newVectors as Float32Array<ArrayBuffer>;
      count = newCount;
      computed = 0;
      oldOwner.fill(-1);
    },
    score(words, base) {
      sums.set(model.lowerBias);
      for (let feature = 0; feature < features; feature++) {
        const word = words[feature]!;
        if (word < 0) {
          addSlot(model.pad, feature * slot, sums);
          continue;
        }
        const row = word + base;
        if (row >= computed) computeAhead(row);
        if (row >= computed - RING) addSlot(ring, (row % RING) * rowSize + feature * slot, sums);
        else addOld(row, feature);
      }
      for (let o = 0, at = 0; o < hidden; o++) {
        let most = sums[at++]!;
        for (let piece = 1; piece < pieces; piece++, at++) if (sums[at]! > most) most = sums[at]!;
        values[o] = most;
      }
      if (upper === null) return values;
      upper(values, hidden, 1, scores);
      return scores;
    },
  };
}

function addSlot(source: Float32Array, from: number, sums: Float32Array): void {
  for (let index = 0; index < sums.length; index++) sums[index] = sums[index]! + source[from + index]!;
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
