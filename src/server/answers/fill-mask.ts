/** @file `/fill-mask`: the likeliest tokens in the place of the mask. */
import { fillMasks } from "../../pipelines/fill-mask.js";
import type { FillMaskRequest, FillMaskResponse } from "../api.js";
import { type AnswerContext, oneOrMany } from "./context.js";

export function fillMask(
  context: AnswerContext,
  { inputs, parameters = {} }: FillMaskRequest,
): Promise<FillMaskResponse> {
  const run = (texts: readonly string[]) =>
    fillMasks(context.tokenizer, context.run("masked-lm"), texts, parameters);
  return oneOrMany(context, inputs, run) as Promise<FillMaskResponse>;
}
