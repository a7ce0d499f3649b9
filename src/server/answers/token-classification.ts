/** @file `/token-classification`: entities of notes of any length, with exact offsets in the unit that was asked for. */
import { spanConverter } from "../../notes/offset-units.js";
import { classifyNotes } from "../../tasks/index.js";
import type { TokenClassificationRequest, TokenClassificationResponse } from "../api.js";
import { type AnswerContext, oneOrMany } from "./context.js";

export function tokenClassification(
  context: AnswerContext,
  { inputs, parameters = {}, offsets = "utf16" }: TokenClassificationRequest,
): Promise<TokenClassificationResponse> {
  return oneOrMany(context, inputs, async (texts) => {
    const model = context.run("token-classification");
    const found = await classifyNotes(context.tokenizer, model, texts, context.model.sentences, {
      aggregation_strategy: "first",
      ...parameters,
    });
    return found.map((entities, index) => {
      const convert = spanConverter(texts[index]!, offsets);
      return entities.map((entity) => {
        const [start, end] = convert([entity.start, entity.end]);
        return { ...entity, start, end };
      });
    });
  }) as Promise<TokenClassificationResponse>;
}
