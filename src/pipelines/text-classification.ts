/** @file The pipeline `text-classification`: class probabilities of texts or pairs. */
import type { Encoding, TextOrPair } from "../tokens/index.js";
import type { RowModel } from "./rows.js";
import { sigmoid, softmax, topIndices } from "./scores.js";
import type { PreTrainedTokenizer } from "./pretrained-tokenizer.js";

export interface TextClassificationOptions {
  /** Default 1; `null` gives every class. */
  readonly top_k?: number | null;
  /** Default: `sigmoid` where the configuration says `multi_label_classification`, else `softmax`. */
  readonly function_to_apply?: ScoreFunction;
  readonly signal?: AbortSignal;
}

export type ScoreFunction = "softmax" | "sigmoid" | "none";

export interface TextClassificationResult {
  readonly label: string;
  readonly score: number;
}

/** For each text (or pair: premise and hypothesis) its best classes, the best first. */
export function classifyTexts(
  tokenizer: PreTrainedTokenizer,
  model: RowModel,
  texts: readonly TextOrPair[],
  options: TextClassificationOptions = {},
): Promise<TextClassificationResult[][]> {
  const { wordpiece, model_max_length: maxLength } = tokenizer;
  const encodings = texts.map((text) =>
    wordpiece.encode(text, { truncation: { maxLength, side: tokenizer.truncation_side } }),
  );
  return classifyEncodings(model, encodings, tokenizer.pad_token_id, options);
}

/** The same for texts that are encoded already and fit the model. */
export async function classifyEncodings(
  model: RowModel,
  encodings: readonly Encoding[],
  paddingId: number,
  { top_k = 1, function_to_apply, signal }: TextClassificationOptions = {},
): Promise<TextClassificationResult[][]> {
  const toScores = SCORES[function_to_apply ?? defaultFunction(model)];
  const logits = await model.readRows(
    encodings.map((encoding) => ({ encoding, reading: { output: "logits" } })),
    { paddingId, ...(signal === undefined ? {} : { signal }) },
  );
  return logits.map((row) => {
    const scores = toScores(row);
    return topIndices(scores, top_k ?? scores.length).map((label) => ({
      label: model.config.id2label[label] ?? `LABEL_${label}`,
      score: scores[label]!,
    }));
  });
}

function defaultFunction({ config }: RowModel): ScoreFunction {
  return config.problem_type === "multi_label_classification" ? "sigmoid" : "softmax";
}

const SCORES: Readonly<Record<ScoreFunction, (logits: Float32Array) => Float32Array>> = {
  softmax,
  sigmoid,
  none: (logits) => logits,
};
