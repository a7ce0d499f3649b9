/** @file The pipeline `text-classification`: class probabilities of texts or pairs. */
import type { TextOrPair } from "../tokens/index.js";
import type { RowModel } from "./rows.js";
import { sigmoid, softmax, topIndices } from "./scores.js";
import type { PreTrainedTokenizer } from "./pretrained-tokenizer.js";

export interface TextClassificationOptions {
  /** Default 1; `null` gives every class. */
  readonly top_k?: number | null;
  readonly signal?: AbortSignal;
}

export interface TextClassificationResult {
  readonly label: string;
  readonly score: number;
}

/** For each text (or pair: premise and hypothesis) its best classes, the best first. */
export async function classifyTexts(
  tokenizer: PreTrainedTokenizer,
  model: RowModel,
  texts: readonly TextOrPair[],
  { top_k = 1, signal }: TextClassificationOptions = {},
): Promise<TextClassificationResult[][]> {
  const { wordpiece, model_max_length: maxLength } = tokenizer;
  const encodings = texts.map((text) => wordpiece.encode(text, { truncation: { maxLength } }));
  const toScores = model.config.problem_type === "multi_label_classification" ? sigmoid : softmax;
  const logits = await model.readRows(
    encodings.map((encoding) => ({ encoding, reading: { output: "logits" } })),
    { paddingId: tokenizer.pad_token_id, ...(signal === undefined ? {} : { signal }) },
  );
  return logits.map((row) => {
    const scores = toScores(row);
    return topIndices(scores, top_k ?? scores.length).map((label) => ({
      label: model.config.id2label[label] ?? `LABEL_${label}`,
      score: scores[label]!,
    }));
  });
}
