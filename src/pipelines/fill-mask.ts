/** @file The pipeline `fill-mask`: the likeliest tokens in the place of `[MASK]`. */
import { ClinicalBertError } from "../errors.js";
import type { RowModel } from "./rows.js";
import { softmax, topIndices } from "./scores.js";
import type { PreTrainedTokenizer } from "./pretrained-tokenizer.js";

export interface FillMaskOptions {
  /** Default 5. */
  readonly top_k?: number;
  readonly signal?: AbortSignal;
}

export interface FillMaskResult {
  readonly score: number;
  readonly token: number;
  readonly token_str: string;
  /** The whole text with the token in place, as the tokenizer decodes it. */
  readonly sequence: string;
}

/** For each text the best fillings of its first mask. Throws `PIPELINE_INPUT` for a text without one. */
export async function fillMasks(
  tokenizer: PreTrainedTokenizer,
  model: RowModel,
  texts: readonly string[],
  { top_k = 5, signal }: FillMaskOptions = {},
): Promise<FillMaskResult[][]> {
  const { wordpiece, model_max_length: maxLength, mask_token_id: maskId } = tokenizer;
  const encodings = texts.map((text) =>
    wordpiece.encode(text, { truncation: { maxLength, side: tokenizer.truncation_side } }),
  );
  const places = encodings.map(({ ids }, index) => {
    const place = ids.indexOf(maskId);
    if (place === -1)
      throw new ClinicalBertError(
        "PIPELINE_INPUT",
        `Text ${index} has no ${tokenizer.mask_token} within ${maxLength} tokens.`,
        {
          details: { index },
        },
      );
    return place;
  });
  const logits = await model.readRows(
    encodings.map((encoding, index) => {
      const from = places[index]!;
      return { encoding, reading: { output: "token-logits", from, to: from + 1 } };
    }),
    { paddingId: tokenizer.pad_token_id, ...(signal === undefined ? {} : { signal }) },
  );
  return logits.map((row, index) => {
    const scores = softmax(row);
    return topIndices(scores, top_k).map((token) => {
      const sequence = Array.from(encodings[index]!.ids);
      sequence[places[index]!] = token;
      return {
        score: scores[token]!,
        token,
        token_str: tokenizer.decode([token]),
        sequence: tokenizer.decode(sequence, { skip_special_tokens: true }),
      };
    });
  });
}
