/** @file `/attention`: what the tokens of a sentence attend to in one head of one layer. */
import { ClinicalBertError } from "../../errors.js";
import { spanConverter } from "../../notes/offset-units.js";
import type { AttentionRequest, AttentionResponse } from "../api.js";
import { type AnswerContext, listInputs } from "./context.js";
import { encodeInputs } from "./encode.js";

/** All heads of all layers are computed: their memory grows with the square. */
const MOST_TOKENS = 256;

export async function attention(
  context: AnswerContext,
  { inputs, layer, head, offsets = "utf16" }: AttentionRequest,
): Promise<AttentionResponse> {
  const { id, layers, heads } = context.model;
  if (layer >= layers || head >= heads)
    throw new ClinicalBertError(
      "SERVER_REQUEST",
      `Layer ${layer}, head ${head}: ${id} has layers 0 to ${layers - 1} and heads 0 to ${heads - 1}.`,
      { details: { layer, head, layers, heads } },
    );
  const length = Math.min(MOST_TOKENS, context.tokenizer.model_max_length);
  const [encoding] = encodeInputs(context, listInputs(context, [inputs]), length, { truncate: false });
  const { tokens, spans } = encoding!;
  const [weights] = await context
    .run("encoder")
    .readRows([{ encoding: encoding!, reading: { output: "attention", layer, head } }]);
  const convert = spanConverter(inputs, offsets);
  const T = tokens.length;
  return {
    tokens,
    spans: spans.map((span) => span && convert(span)),
    weights: tokens.map((_, token) => Array.from(weights!.subarray(token * T, (token + 1) * T))),
  };
}
