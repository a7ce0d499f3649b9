/** @file Entities on words: which words an entity touches, which entities one sequence of tags can say, the classes of a tag set. */
import type { Span } from "../../notes/span.js";
import type { Chunk } from "../tags.js";

/** Schemes that a model is trained in. */
export type TrainedScheme = "iob2" | "bioes";
export const TRAINED_SCHEMES: readonly TrainedScheme[] = ["iob2", "bioes"];

export const OUTSIDE = "O";

/** `O`, then the tags of every entity type in order. */
export function tagsOf(types: readonly string[], scheme: TrainedScheme): string[] {
  const prefixes = scheme === "iob2" ? ["B", "I"] : ["B", "I", "E", "S"];
  return [OUTSIDE, ...types.flatMap((type) => prefixes.map((prefix) => `${prefix}-${type}`))];
}

/** Those of `chunks` that share no word, in order: of two that do, the longer one stays, of two as long the first. */
export function withoutOverlaps(chunks: readonly Chunk[]): Chunk[] {
  const longestFirst = [...chunks].sort((a, b) => b.end - b.start - (a.end - a.start) || a.start - b.start);
  const taken = new Set<number>();
  const kept = longestFirst.filter(({ start, end }) => {
    const words = Array.from({ length: end - start }, (_, index) => start + index);
    if (words.some((word) => taken.has(word))) return false;
    for (const word of words) taken.add(word);
    return true;
  });
  return kept.sort((a, b) => a.start - b.start);
}

/** Words that a span touches: [first, end) of `words`, which stand in order; null when it touches none. */
export function wordsAt(span: Span, words: readonly Span[]): readonly [first: number, end: number] | null {
  let first = 0;
  let high = words.length;
  while (first < high) {
    const middle = (first + high) >> 1;
    if (words[middle]![1] <= span[0]) first = middle + 1;
    else high = middle;
  }
  let end = first;
  while (end < words.length && words[end]![0] < span[1]) end++;
  return end > first ? [first, end] : null;
}
