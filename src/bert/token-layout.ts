/** @file Where the tokens of a batch lie in the rows of the hidden states: on a padded grid, or packed without the padding. */
import type { GraphBuilder } from "../graph/builder.js";
import { type Dim, productOf } from "../graph/dim.js";
import type { Value } from "../graph/value.js";

/** Letters: B batch, S sequence length, T rows of the hidden states, H hidden, A heads, D = H/A. */
export interface TokenLayout {
  /** Rows of the position table that are added to the embeddings of the tokens: broadcast to them. */
  positions(table: Value): Value;
  /** [T, H] to [B, A, S, D]. */
  splitHeads(x: Value, heads: number): Value;
  /** [B, A, S, D] to [T, H]. */
  joinHeads(x: Value): Value;
  /** The first token of every sequence: [T, H] to [B, H]. */
  firstTokens(x: Value): Value;
}

/** T = B·S: every sequence has S rows, those behind its end are padding. Ids are [B, S]. */
export function paddedLayout(g: GraphBuilder, [B, S]: readonly [Dim, Dim]): TokenLayout {
  const T = productOf([B, S]);
  return {
    positions: (table) => g.gather(table, g.iota(S)), // [S, H]
    splitHeads: (x, A) => g.transpose(g.reshape(x, [B, S, A, headSize(x, A)]), [0, 2, 1, 3]),
    joinHeads: (x) => g.reshape(g.transpose(x, [0, 2, 1, 3]), [T, productOf([x.dims[1]!, x.dims[3]!])]),
    firstTokens: (x) => g.select(g.reshape(x, [B, S, x.dims[1]!]), 1, 0),
  };
}

/** Whole numbers, as `packTokens` of `src/training/token-packing.ts` makes them. */
export interface PackedRows {
  /** [T] position of every row's token in its sequence. */
  readonly positions: Value;
  /** [B·A·S] for every head of every place of the grid: the row of [T·A, D] that belongs there. */
  readonly gridRows: Value;
  /** [T·A] the inverse: the row of [B·A·S, D]. */
  readonly packedRows: Value;
  /** [B] row of every sequence's first token. */
  readonly firstRows: Value;
}

/**
 * T rows hold the tokens of all sequences one after the other; only attention sees the padded grid [B, S]. Ids are [T]. Padding
 * changes no result: its probabilities are exactly 0 in attention, and so are the gradients of its rows.
 */
export function packedLayout(g: GraphBuilder, [B, S]: readonly [Dim, Dim], rows: PackedRows): TokenLayout {
  const { positions, gridRows, packedRows, firstRows } = rows;
  return {
    positions: (table) => g.gather(table, positions), // [T, H]
    splitHeads(x, A) {
      const D = headSize(x, A);
      const byHead = g.reshape(x, [productOf([x.dims[0]!, A]), D]); // [T·A, D]
      return g.reshape(g.moveRows(byHead, gridRows, packedRows), [B, A, S, D]);
    },
    joinHeads(x) {
      const [A, D] = [x.dims[1]!, x.dims[3]!];
      const byHead = g.reshape(x, [productOf([B, A, S]), D]); // [B·A·S, D]
      return g.reshape(g.moveRows(byHead, packedRows, gridRows), [positions.dims[0]!, productOf([A, D])]);
    },
    firstTokens: (x) => g.gather(x, firstRows),
  };
}

function headSize(x: Value, heads: number): number {
  return (x.dims[1] as number) / heads;
}
