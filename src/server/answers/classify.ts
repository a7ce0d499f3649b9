/** @file `/predict` as text-embeddings-inference answers it, and `/text-classification` in Hugging Face's shape. */
import { ClinicalBertError } from "../../errors.js";
import { classifyEncodings, type ScoreFunction } from "../../pipelines/text-classification.js";
import type { TextOrPair } from "../../tokens/index.js";
import type {
  PredictRequest,
  PredictResponse,
  Prediction,
  TextClassificationRequest,
  TextClassificationResponse,
  TextPair,
} from "../api.js";
import { type AnswerContext, listInputs } from "./context.js";
import { encodeInputs, type TruncationWish } from "./encode.js";

export async function predict(
  context: AnswerContext,
  { inputs, raw_scores: raw = false, ...truncation }: PredictRequest,
): Promise<PredictResponse> {
  // One class has no rivals to share a probability with (text-embeddings-inference: core/src/infer.rs).
  const scores: ScoreFunction = raw ? "none" : context.model.labels.length === 1 ? "sigmoid" : "softmax";
  if (typeof inputs === "string" || typeof inputs[0] === "string") {
    const single = typeof inputs === "string" ? inputs : textOrPair(inputs as readonly string[]);
    return (await classify(context, [single], truncation, scores, null))[0]!;
  }
  return classify(
    context,
    (inputs as readonly (readonly string[])[]).map(textOrPair),
    truncation,
    scores,
    null,
  );
}

export async function textClassification(
  context: AnswerContext,
  { inputs, parameters: { top_k = null } = {} }: TextClassificationRequest,
): Promise<TextClassificationResponse> {
  const list = Array.isArray(inputs) ? inputs : [inputs];
  const texts = (list as readonly (string | TextPair)[]).map(
    (input): TextOrPair => (typeof input === "string" ? input : [input.text, input.text_pair]),
  );
  return classify(context, texts, { truncate: true }, undefined, top_k);
}

function textOrPair(texts: readonly string[]): TextOrPair {
  const [first, second] = texts;
  if (first === undefined || texts.length > 2)
    throw new ClinicalBertError(
      "SERVER_REQUEST",
      `An input is a list of ${texts.length} texts; it must be one text or a pair.`,
    );
  return second === undefined ? first : [first, second];
}

async function classify(
  context: AnswerContext,
  texts: readonly TextOrPair[],
  truncation: TruncationWish,
  scores: ScoreFunction | undefined,
  top_k: number | null,
): Promise<Prediction[][]> {
  const { tokenizer } = context;
  const encodings = encodeInputs(context, listInputs(context, texts), tokenizer.model_max_length, truncation);
  return classifyEncodings(context.run("sequence-classification"), encodings, tokenizer.pad_token_id, {
    top_k,
    ...(scores === undefined ? {} : { function_to_apply: scores }),
  });
}
