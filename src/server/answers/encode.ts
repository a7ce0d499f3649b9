/** @file Inputs of `/embed`, `/v1/embeddings` and `/predict` to encodings that fit the model, or a refusal. */
import { ClinicalBertError } from "../../errors.js";
import type { Encoding, TextOrPair } from "../../tokens/index.js";
import type { AnswerContext } from "./context.js";

export interface TruncationWish {
  readonly truncate?: boolean | null;
  readonly truncation_direction?: string;
}

/** Token ids are taken as they are, special tokens with them. */
export type TokenIds = readonly number[];

/** Throws `SERVER_INPUT_TOO_LONG` with the index of the input where more than `maxLength` tokens are not to be cut. */
export function encodeInputs(
  { tokenizer: { wordpiece } }: AnswerContext,
  inputs: readonly (TextOrPair | TokenIds)[],
  maxLength: number,
  { truncate = false, truncation_direction = "right" }: TruncationWish,
): Encoding[] {
  const side = truncation_direction.toLowerCase() === "left" ? "left" : "right";
  return inputs.map((input, index) => {
    const ids = tokenIdsOf(input);
    if (ids !== null) {
      if (ids.length > maxLength && truncate !== true) throw tooLong(index, ids.length, maxLength);
      wordpiece.tokensOf(ids);
      return encodingOf(side === "left" ? ids.slice(-maxLength) : ids.slice(0, maxLength));
    }
    const encoding = wordpiece.encode(input as TextOrPair, { truncation: { maxLength, side } });
    if (truncate !== true && encoding.overflowing.length > 0)
      throw tooLong(index, countTokens(encoding), maxLength);
    return encoding;
  });
}

/** Null for a text or a pair of texts. Refuses an empty list, which neither text nor tokens is. */
function tokenIdsOf(input: TextOrPair | TokenIds): TokenIds | null {
  if (typeof input === "string" || typeof input[0] === "string") return null;
  if (input.length === 0) throw new ClinicalBertError("SERVER_EMPTY", "An input has no token.");
  return input as TokenIds;
}

function encodingOf(ids: TokenIds): Encoding {
  const length = ids.length;
  return {
    ids: Int32Array.from(ids),
    tokens: [],
    typeIds: new Uint8Array(length),
    attentionMask: new Uint8Array(length).fill(1),
    specialTokensMask: new Uint8Array(length),
    spans: new Array(length).fill(null),
    wordIds: new Int32Array(length).fill(-1),
    overflowing: [],
  };
}

/** Tokens of all windows, the special ones once. */
function countTokens({ ids, overflowing, specialTokensMask }: Encoding): number {
  const specials = specialTokensMask.reduce((sum, flag) => sum + flag, 0);
  return overflowing.reduce((sum, window) => sum + window.ids.length - specials, ids.length);
}

function tooLong(index: number, tokens: number, limit: number): ClinicalBertError {
  return new ClinicalBertError(
    "SERVER_INPUT_TOO_LONG",
    `Input ${index} has ${tokens} tokens; the model takes ${limit}.`,
    { details: { index, tokens, limit } },
  );
}
