/** @file The pipeline `feature-extraction`: hidden states of texts, as they are or pooled. */
import { ClinicalBertError } from "../errors.js";
import { Tensor } from "../graph/tensor.js";
import { indexable } from "./indexable.js";
import { unknownOption } from "./shared-options.js";
import { POOLINGS, type Pooling, type RowModel } from "./rows.js";
import type { PreTrainedTokenizer } from "./pretrained-tokenizer.js";

export interface FeatureExtractionOptions {
  /**
   * `none` (default): [N, S, H], zeros where a text is shorter than the longest. `mean`: over real tokens, [CLS] and [SEP]
   * with them, [N, H]. `cls`, `first_token`: [N, H]. `last_token`, `eos`: the last real token. `last_four_layers`: mean over
   * real tokens of the last four layers joined, the earliest first, [N, 4·H].
   */
  readonly pooling?: Pooling;
  /** Divides each vector by its length. */
  readonly normalize?: boolean;
}

/** Features of `texts`, longer ones cut at the model's length, in the given order. */
export async function extractFeatures(
  tokenizer: PreTrainedTokenizer,
  model: RowModel,
  texts: string | readonly string[],
  { pooling = "none", normalize = false }: FeatureExtractionOptions = {},
): Promise<Tensor> {
  if (!POOLINGS.includes(pooling)) throw unknownOption("pooling", pooling, POOLINGS);
  const list = typeof texts === "string" ? [texts] : texts;
  if (list.length === 0)
    throw new ClinicalBertError("PIPELINE_INPUT", "An empty list of texts has no features.");
  const { wordpiece, model_max_length: maxLength } = tokenizer;
  const encodings = list.map((text) =>
    wordpiece.encode(text, { truncation: { maxLength, side: tokenizer.truncation_side } }),
  );
  const rows = await model.readRows(
    encodings.map((encoding) => ({ encoding, reading: { output: "states", pooling } })),
    { paddingId: tokenizer.pad_token_id },
  );
  const longest = Math.max(...encodings.map(({ ids }) => ids.length));
  const width = rows[0]!.length / (pooling === "none" ? encodings[0]!.ids.length : 1);
  const dims = pooling === "none" ? [list.length, longest, width] : [list.length, width];
  const tensor = Tensor.zeros("float32", dims) as Tensor<Float32Array>;
  for (const [index, row] of rows.entries()) tensor.row(index).data.set(row);
  if (normalize) normalizeRows(tensor.data, width);
  return indexable(tensor);
}

/** Divides each row of `width` numbers by its length, in place; a row of zeros stays. */
export function normalizeRows(data: Float32Array, width: number): void {
  for (let start = 0; start < data.length; start += width) {
    const row = data.subarray(start, start + width);
    const norm = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    if (norm > 0) for (let axis = 0; axis < width; axis++) row[axis]! /= norm;
  }
}
