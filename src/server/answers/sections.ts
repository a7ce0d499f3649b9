/** @file `/sections` and `/sentences`: the objects of the commands of these names. */
import { spanConverter } from "../../notes/offset-units.js";
import { createSectionSplitter } from "../../sections/index.js";
import { createRuleSentenceSplitter, splitNoteSentences } from "../../sentences/index.js";
import type { SectionsRequest, SectionsResponse, SentencesRequest, SentencesResponse } from "../api.js";
import { type AnswerContext, oneOrMany } from "./context.js";

const SECTIONS = {
  corrected: createSectionSplitter("corrected"),
  alsentzer2019: createSectionSplitter("alsentzer2019"),
};
const SENTENCES = createRuleSentenceSplitter();

export function sections(
  context: AnswerContext,
  { inputs, rules = "corrected", offsets = "utf16" }: SectionsRequest,
): Promise<SectionsResponse | readonly SectionsResponse[]> {
  return oneOrMany(context, inputs, (texts) =>
    texts.map((text) => {
      const convert = spanConverter(text, offsets);
      const found = SECTIONS[rules].split(text).map((section) => ({
        text: section.text,
        spans: section.spans.map(convert),
        title: section.title && convert(section.title),
        category: section.category,
      }));
      return { sections: found };
    }),
  );
}

export function sentences(
  context: AnswerContext,
  { inputs, sections: rules = "corrected", offsets = "utf16" }: SentencesRequest,
): Promise<SentencesResponse | readonly SentencesResponse[]> {
  return oneOrMany(context, inputs, (texts) =>
    texts.map((text) => {
      const convert = spanConverter(text, offsets);
      const found =
        rules === null ? SENTENCES.split(text) : splitNoteSentences(text, SECTIONS[rules], SENTENCES);
      return {
        sentences: found.map((sentence) => ({ text: sentence.text, spans: sentence.spans.map(convert) })),
      };
    }),
  );
}
