/** @file Merges classified word pieces into entities by the strategies of transformers' TokenClassificationPipeline. */
import type { Span } from "../notes/span.js";
import { joinPieces } from "./decode-pieces.js";

export const AGGREGATION_STRATEGIES = ["none", "simple", "first", "average", "max"] as const;
export type AggregationStrategy = (typeof AGGREGATION_STRATEGIES)[number];

/** One word piece with the probabilities of all classes. */
export interface ScoredToken {
  /** The piece as in the vocabulary; for an unknown word its text. */
  readonly piece: string;
  /** UTF-16 range in the text. */
  readonly span: Span;
  /** Position among the tokens of the text, [CLS] counted. */
  readonly index: number;
  readonly scores: Float32Array;
  /** Continues the word of the token before. */
  readonly isSubword: boolean;
}

/** `entity` and `index` for the strategy `none`, `entity_group` for all others. */
export interface TokenClassificationResult {
  readonly entity?: string;
  readonly entity_group?: string;
  readonly score: number;
  readonly index?: number;
  readonly word: string;
  /** UTF-16 units in the text as it was given. */
  readonly start: number;
  readonly end: number;
}

interface LabelledWord {
  readonly label: string;
  readonly score: number;
  readonly word: string;
  readonly span: Span;
}

/** Entities of the tokens in order; classes in `ignored` (by default `O`) are left out. */
export function aggregateEntities(
  tokens: readonly ScoredToken[],
  labels: Readonly<Record<number, string>>,
  strategy: AggregationStrategy,
  ignored: readonly string[],
): TokenClassificationResult[] {
  const labelOf = (scores: ArrayLike<number>): { readonly label: string; readonly score: number } => {
    let best = 0;
    for (let index = 1; index < scores.length; index++) if (scores[index]! > scores[best]!) best = index;
    return { label: labels[best] ?? `LABEL_${best}`, score: scores[best]! };
  };
  if (strategy === "none")
    return tokens
      .map(({ piece, span: [start, end], index, scores }) => {
        const { label: entity, score } = labelOf(scores);
        return { entity, score, index, word: piece, start, end };
      })
      .filter(({ entity }) => !ignored.includes(entity));
  const words: LabelledWord[] =
    strategy === "simple"
      ? tokens.map(({ piece: word, span, scores }) => ({ ...labelOf(scores), word, span }))
      : groupWords(tokens).map((word) => ({
          ...labelOf(wordScores(word, strategy)),
          word: joinPieces(word.map(({ piece }) => piece)),
          span: [word[0]!.span[0], word.at(-1)!.span[1]],
        }));
  return groupEntities(words).filter(({ entity_group }) => !ignored.includes(entity_group));
}

function groupWords(tokens: readonly ScoredToken[]): ScoredToken[][] {
  const words: ScoredToken[][] = [];
  for (const token of tokens) {
    if (token.isSubword && words.length > 0) words.at(-1)!.push(token);
    else words.push([token]);
  }
  return words;
}

function wordScores(word: readonly ScoredToken[], strategy: "first" | "average" | "max"): ArrayLike<number> {
  if (strategy === "first") return word[0]!.scores;
  if (strategy === "average")
    return word[0]!.scores.map(
      (_, label) => word.reduce((sum, { scores }) => sum + scores[label]!, 0) / word.length,
    );
  let best = word[0]!.scores;
  for (const { scores } of word) if (Math.max(...scores) > Math.max(...best)) best = scores;
  return best;
}

/** `B-` and `S-` start an entity, `E-` and `S-` end one, anything else continues an open entity of its class. */
function groupEntities(
  words: readonly LabelledWord[],
): (TokenClassificationResult & { entity_group: string })[] {
  const groups: { readonly tag: string; readonly words: LabelledWord[] }[] = [];
  let open: string | null = null;
  for (const word of words) {
    const { prefix, tag } = splitLabel(word.label);
    if (open === tag && prefix !== "B" && prefix !== "S") {
      groups.at(-1)!.words.push(word);
      if (prefix === "E") open = null;
    } else {
      groups.push({ tag, words: [word] });
      open = prefix === "S" ? null : tag;
    }
  }
  return groups.map(({ tag, words: members }) => ({
    entity_group: tag,
    score: members.reduce((sum, { score }) => sum + score, 0) / members.length,
    word: joinPieces(members.map(({ word }) => word)),
    start: members[0]!.span[0],
    end: members.at(-1)!.span[1],
  }));
}

function splitLabel(label: string): { readonly prefix: string; readonly tag: string } {
  const [, prefix = "I", tag = label] = /^([BIES])-(.+)$/s.exec(label) ?? [];
  return { prefix, tag };
}
