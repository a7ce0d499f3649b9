/** @file What an answer is made with: the tokenizer of its model, the model itself (in another thread), the limits. */
import { ClinicalBertError } from "../../errors.js";
import type { PreTrainedTokenizer, RowModel } from "../../pipelines/index.js";
import type { LaneHead, TokenizerSource } from "../messages.js";
import type { Limits } from "../settings.js";

export interface AnswerContext {
  /** The model that the request is for. */
  readonly model: TokenizerSource;
  readonly tokenizer: PreTrainedTokenizer;
  /** The model under a head. */
  run(head: LaneHead): RowModel;
  readonly limits: Pick<Limits, "inputs" | "requestTokens">;
  /** For the log: how many inputs the request has. */
  count(inputs: number): void;
}

/** A value that JSON can say; made into a string in the same thread. */
export type Answer<Body> = (context: AnswerContext, body: Body) => unknown;

/** The inputs of a request as a list, counted and no more than are taken. */
export function listInputs<T>(context: AnswerContext, inputs: readonly T[]): readonly T[] {
  if (inputs.length === 0) throw new ClinicalBertError("SERVER_EMPTY", "The list of inputs is empty.");
  if (inputs.length > context.limits.inputs)
    throw new ClinicalBertError(
      "SERVER_TOO_LARGE",
      `batch size ${inputs.length} > maximum allowed batch size ${context.limits.inputs}.`,
      { details: { inputs: inputs.length, limit: context.limits.inputs } },
    );
  context.count(inputs.length);
  return inputs;
}

/** Throws `SERVER_TOO_LARGE` for more tokens than a request may have. */
export function requireTokens({ limits }: Pick<AnswerContext, "limits">, tokens: number): void {
  if (tokens > limits.requestTokens)
    throw new ClinicalBertError(
      "SERVER_TOO_LARGE",
      `The request has ${tokens} tokens; ${limits.requestTokens} are taken at once.`,
      { details: { tokens, limit: limits.requestTokens } },
    );
}

/** Answers a string by one result, a list by a list of results. */
export async function oneOrMany<T>(
  context: AnswerContext,
  inputs: string | readonly string[],
  answer: (texts: readonly string[]) => readonly T[] | Promise<readonly T[]>,
): Promise<T | readonly T[]> {
  const results = await answer(listInputs(context, typeof inputs === "string" ? [inputs] : inputs));
  return typeof inputs === "string" ? results[0]! : results;
}
