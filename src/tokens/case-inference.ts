/** @file Tells a cased vocabulary from an uncased one, for model folders that do not say (Bio_ClinicalBERT, BioBERT). */
import type { Vocabulary } from "./vocabulary.js";

export interface InferredCase {
  readonly lowercase: boolean;
  /** Tokens with a capital letter, bracketed ones ([CLS], [unused1]) not counted. */
  readonly capitalTokens: number;
  /** One sentence for the person who has to trust the guess. */
  readonly reason: string;
}

/** An uncased vocabulary has no use for capitals; a few may have been added by hand. Google's cased one has 39 %. */
const CASED_SHARE = 0.01;

export function inferCase(vocabulary: Vocabulary): InferredCase {
  const { tokens } = vocabulary;
  const capitalTokens = tokens.filter((token) => !/^\[.*\]$/.test(token) && /[A-Z]/.test(token)).length;
  const lowercase = capitalTokens < tokens.length * CASED_SHARE;
  const kind = lowercase ? "uncased (text is lower-cased)" : "cased (text keeps its case)";
  return {
    lowercase,
    capitalTokens,
    reason: `${kind}: ${capitalTokens} of ${tokens.length} tokens have capital letters`,
  };
}
