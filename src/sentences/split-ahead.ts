/** @file Sentences of many texts at once, for code that then asks for them text by text. */
import { ClinicalBertError } from "../errors.js";
import type { SentenceSplitter } from "./sentence.js";

/**
 * A splitter that has already split `texts` together and remembers their sentences; `splitter` itself, and `texts` unread, when
 * it gains nothing from many texts.
 */
export async function splitAhead(
  splitter: SentenceSplitter,
  texts: Iterable<string>,
): Promise<SentenceSplitter> {
  if (splitter.splitMany === undefined) return splitter;
  const distinct = [...new Set(texts)];
  const answers = await splitter.splitMany(distinct);
  const known = new Map(distinct.map((text, index) => [text, answers[index]!]));
  return {
    ...splitter,
    split(text) {
      const answer = known.get(text) ?? splitter.split(text);
      if (answer instanceof ClinicalBertError) throw answer;
      return answer;
    },
  };
}
