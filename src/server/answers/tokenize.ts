/** @file `/tokenize` as text-embeddings-inference answers it: offsets are bytes unless another unit is asked for. */
import { spanConverter } from "../../notes/offset-units.js";
import type { SimpleToken, TokenizeRequest, TokenizeResponse } from "../api.js";
import { type AnswerContext, listInputs, requireTokens } from "./context.js";

export function tokenize(
  context: AnswerContext,
  { inputs, add_special_tokens: addSpecialTokens = true, offsets = "byte" }: TokenizeRequest,
): TokenizeResponse {
  const texts = listInputs(context, typeof inputs === "string" ? [inputs] : inputs);
  let count = 0;
  return texts.map((text) => {
    const { ids, tokens, spans } = context.tokenizer.wordpiece.encode(text, { addSpecialTokens });
    count += ids.length;
    // An answer is fifty times as long as its text.
    requireTokens(context, count);
    const convert = spanConverter(text, offsets);
    return tokens.map((piece, index): SimpleToken => {
      const span = spans[index]!;
      const id = ids[index]!;
      if (span === null) return { id, text: piece, special: true, start: null, stop: null, piece };
      const [start, stop] = convert(span);
      return { id, text: text.slice(...span), special: false, start, stop, piece };
    });
  });
}
