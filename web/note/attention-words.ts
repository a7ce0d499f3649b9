/** @file Attention between word pieces as attention between words. */
import type { AttentionResponse } from "../../src/server/api.js";

export interface WordAttention {
  /** Words as they stand in the sentence; special tokens under their names. */
  readonly words: readonly { readonly text: string; readonly special: boolean }[];
  /** [from][to]; each row sums to 1. */
  readonly weights: readonly (readonly number[])[];
}

/**
 * Pieces of a word (`##…`) are taken together: attention to them is added, attention from them averaged, so that rows still
 * sum to 1 (Clark et al. 2019, section 4.1).
 */
export function toWords(sentence: string, { tokens, spans, weights }: AttentionResponse): WordAttention {
  const groups: number[][] = [];
  for (const [index, token] of tokens.entries()) {
    const joined = token.startsWith("##") && spans[index] !== null && groups.length > 0;
    if (joined) groups.at(-1)!.push(index);
    else groups.push([index]);
  }
  return {
    words: groups.map((group) => {
      const [first, last] = [spans[group[0]!] ?? null, spans[group.at(-1)!] ?? null];
      if (first === null || last === null) return { text: tokens[group[0]!]!, special: true };
      return { text: sentence.slice(first[0], last[1]), special: false };
    }),
    weights: groups.map((from) =>
      groups.map((to) => {
        let sum = 0;
        for (const row of from) for (const column of to) sum += weights[row]![column]!;
        return sum / from.length;
      }),
    ),
  };
}
