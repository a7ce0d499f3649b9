/** @file The sentences of a text that a model learns from, and is read by afterwards. */
import type { Span } from "../notes/span.js";
import { createSectionSplitter } from "../sections/index.js";
import { createRuleSentenceSplitter, splitNoteSentences } from "../sentences/index.js";
import type { EntityExample } from "./example.js";

const sections = createSectionSplitter("corrected");
const splitter = createRuleSentenceSplitter();

/**
 * Where the format delimits words, its sentences are sentences; its lines and paragraphs (brat, PubTator) may hold several. A
 * whole note is split into sections first.
 */
export function splitSentences({
  text,
  words,
  sentences,
}: Pick<EntityExample, "text" | "words" | "sentences">): readonly Span[] {
  if (words !== undefined) return sentences ?? [[0, text.length]];
  const hulls =
    sentences === undefined
      ? splitNoteSentences(text, sections, splitter).map(({ spans }) => spans)
      : sentences.flatMap(([from, to]) =>
          splitter
            .split(text.slice(from, to))
            .map(({ spans }) => spans.map(([start, end]): Span => [from + start, from + end])),
        );
  return hulls
    .filter((spans) => spans.length > 0)
    .map((spans): Span => [spans[0]![0], spans.at(-1)![1]])
    .sort((a, b) => a[0] - b[0]);
}
