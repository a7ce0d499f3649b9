/** @file The rows of a batch without its padding: which token each holds, and where it belongs on the padded grid of attention. */
import { type Dim, productOf, splitDim } from "../graph/dim.js";
import { Tensor } from "../graph/tensor.js";

const LARGEST_BLOCK = 16;

/**
 * Where S is known, rows come in blocks of its largest divisor up to 16, so that sums over rows stay sums of block sums (numerics
 * contract, "Large sums"). The rest of the last block holds empty rows: token 0, no place on the grid that anybody reads, gradient 0.
 */
export function rowBlock(maxLength: number): number {
  return splitDim(maxLength, LARGEST_BLOCK)[1];
}

/** T as the graph knows it: a multiple of the symbol G. */
export function packedRowsDim(block: number): Dim {
  return productOf([block, "G"]);
}

/** Sequences of these `lengths`, each in [1, maxLength], on a grid of `maxLength` places each; `block` divides it. */
export interface PackedShape {
  readonly lengths: readonly number[];
  readonly maxLength: number;
  readonly block: number;
}

/** The symbols B, S and G of a batch. */
export function packingSymbols({ lengths, maxLength, block }: PackedShape): Map<string, number> {
  const tokens = lengths.reduce((sum, length) => sum + length, 0);
  const full = tokens === lengths.length * maxLength;
  // Places of padding take from an empty row, and empty rows from a place of padding: there are both or neither.
  return new Map([
    ["B", lengths.length],
    ["S", maxLength],
    ["G", full ? tokens / block : Math.floor(tokens / block) + 1],
  ]);
}

export interface TokenPacking {
  /** T */
  readonly rows: number;
  /** By sequence: the row of its first token. */
  readonly starts: Int32Array;
  /** What `packedLayout` takes, int32, and the mask of the grid [B, S]. */
  readonly feeds: Readonly<
    Record<"position_ids" | "grid_rows" | "packed_rows" | "first_rows" | "attention_mask", Tensor>
  >;
}

/** Packs the tokens of a batch for `heads` attention heads. */
export function packTokens(shape: PackedShape, heads: number): TokenPacking {
  const { lengths, maxLength: S, block } = shape;
  const [B, A] = [lengths.length, heads];
  const rows = packingSymbols(shape).get("G")! * block;
  const starts = new Int32Array(B);
  const positions = new Int32Array(rows);
  const attentionMask = new Int32Array(B * S);
  const gridRows = new Int32Array(B * A * S);
  const packedRows = new Int32Array(rows * A);
  let row = 0;
  for (const [b, length] of lengths.entries()) {
    starts[b] = row;
    attentionMask.fill(1, b * S, b * S + length);
    for (let s = 0; s < length; s++, row++) {
      positions[row] = s;
      for (let a = 0; a < A; a++) {
        const place = (b * A + a) * S + s;
        gridRows[place] = row * A + a;
        packedRows[row * A + a] = place;
      }
    }
  }
  const padded = lengths.findIndex((length) => length < S);
  for (const [b, length] of lengths.entries())
    for (let a = 0; a < A; a++) gridRows.fill(row * A + a, (b * A + a) * S + length, (b * A + a + 1) * S);
  for (let empty = row; empty < rows; empty++)
    for (let a = 0; a < A; a++) packedRows[empty * A + a] = (padded * A + a + 1) * S - 1;
  return {
    rows,
    starts,
    feeds: {
      position_ids: Tensor.int32(positions, [rows]),
      grid_rows: Tensor.int32(gridRows, [B * A * S]),
      packed_rows: Tensor.int32(packedRows, [rows * A]),
      first_rows: Tensor.int32(starts, [B]),
      attention_mask: Tensor.int32(attentionMask, [B, S]),
    },
  };
}
