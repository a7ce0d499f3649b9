/** @file The inputs of a training graph whose rows are tokens, without padding. */
import type { BertConfig } from "../bert/config.js";
import type { BertInputs } from "../bert/encoder.js";
import { packedLayout } from "../bert/token-layout.js";
import type { GraphBuilder } from "../graph/builder.js";
import { type Dim, productOf } from "../graph/dim.js";
import { Tensor } from "../graph/tensor.js";
import { packedRowsDim, type PackedShape, packTokens, type TokenPacking } from "./token-packing.js";

/**
 * `input_ids`, `token_type_ids` and `position_ids` int32 [T]; `attention_mask` int32 [B, S]; `grid_rows` int32 [B·A·S],
 * `packed_rows` int32 [T·A] and `first_rows` int32 [B] (see `PackedRows`). T is a multiple of `block`.
 */
export function packedInputs(
  g: GraphBuilder,
  { headCount: A }: BertConfig,
  [B, S]: readonly [Dim, Dim],
  block: number,
): BertInputs {
  const rows = packedRowsDim(block);
  const ofTokens = (name: string) => g.input(name, "int32", [rows]);
  return {
    ids: ofTokens("input_ids"),
    typeIds: ofTokens("token_type_ids"),
    attentionMask: g.input("attention_mask", "int32", [B, S]),
    layout: packedLayout(g, [B, S], {
      positions: ofTokens("position_ids"),
      gridRows: g.input("grid_rows", "int32", [productOf([B, A, S])]),
      packedRows: g.input("packed_rows", "int32", [productOf([rows, A])]),
      firstRows: g.input("first_rows", "int32", [B]),
    }),
  };
}

/** The tokens of a sequence. */
export interface TokenRow {
  readonly ids: Int32Array;
  readonly typeIds: Uint8Array;
}

/** What `packedInputs` declares, for `sequences` packed as `shape` says; rows without a token hold `paddingId`. */
export function packSequences(
  sequences: readonly TokenRow[],
  shape: PackedShape,
  { heads, paddingId }: { readonly heads: number; readonly paddingId: number },
): Pick<TokenPacking, "rows" | "starts"> & { readonly feeds: Record<string, Tensor> } {
  const { rows, starts, feeds } = packTokens(shape, heads);
  const tokens = new Int32Array(rows).fill(paddingId);
  const types = new Int32Array(rows);
  for (const [index, { ids, typeIds }] of sequences.entries()) {
    tokens.set(ids, starts[index]!);
    types.set(typeIds, starts[index]!);
  }
  const ofTokens = { input_ids: Tensor.int32(tokens, [rows]), token_type_ids: Tensor.int32(types, [rows]) };
  return { rows, starts, feeds: { ...feeds, ...ofTokens } };
}
