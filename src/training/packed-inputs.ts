/** @file The inputs of a training graph whose rows are tokens, without padding. */
import type { BertConfig } from "../bert/config.js";
import type { BertInputs } from "../bert/encoder.js";
import { packedLayout } from "../bert/token-layout.js";
import type { GraphBuilder } from "../graph/builder.js";
import { type Dim, productOf } from "../graph/dim.js";
import { packedRowsDim } from "./token-packing.js";

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
