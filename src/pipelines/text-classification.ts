/** @file The pipeline `text-classification`: class probabilities of texts or pairs. */
import type { TextOrPair } from "../tokens/index.js";
import type { PreTrainedModel } from "./pretrained-model.js";
import { runBatches } from "./run-batches.js";
import { sigmoid, softmax, topIndices } from "./scores.js";
import type { PreTrainedTokenizer } from "./pretrained-tokenizer.js";

export interface TextClassificationOptions {
  /** Default 1; `null` gives every class. */
  readonly top_k?: number | null;
}

export interface TextClassificationResult {
  readonly label: string;
  readonly score: number;
}

/** For each text (or pair: premise and hypothesis) its best classes, the best first. */
export async function classifyTexts(
  tokenizer: PreTrainedTokenizer,
  model: PreTrainedModel,
  texts: readonly TextOrPair[],
  { top_k = 1 }: TextClassificationOptions = {},
): Promise<TextClassificationResult[][]> {
  const { wordpiece, model_max_length: maxLength } = tokenizer;
  const encodings = texts.map((text) => wordpiece.encode(text, { truncation: { maxLength } }));
  const toScores = model.config.problem_type === "multi_label_classification" ? sigmoid : softmax;
  const results: TextClassificationResult[][] = [];
  await runBatches(model, encodings, tokenizer.pad_token_id, (index, outputs, row) => {
    const scores = toScores(outputs["logits"]!.row(row).data as Float32Array);
    results[index] = topIndices(scores, top_k ?? scores.length).map((label) => ({
      label: model.config.id2label[label] ?? `LABEL_${label}`,
      score: scores[label]!,
    }));
  });
  return results;
}
