/** @file Sentences of a whole note: splits it into sections, each section into sentences, and carries spans back to the note. */
import { ClinicalBertError } from "../errors.js";
import type { Span } from "../notes/span.js";
import type { Section, SectionSplitter } from "../sections/section.js";
import { orRefusal } from "../util/refusal-of.js";
import type { Sentence, SentenceSplitter } from "./sentence.js";

/** Sentences in the order of the note, their spans in the note. Throws what `sections` throws for a note that it refuses. */
export function splitNoteSentences(
  text: string,
  sections: SectionSplitter,
  sentences: SentenceSplitter,
): Sentence[] {
  return sections.split(text).flatMap((section) => splitSection(section, sentences));
}

/** The texts of the notes' sections, which `splitNoteSentences` splits; notes that `sections` refuses have none. */
export function* sectionTexts(notes: Iterable<string>, sections: SectionSplitter): Generator<string> {
  for (const note of notes) {
    const found = orRefusal(() => sections.split(note));
    if (found instanceof ClinicalBertError) continue;
    for (const { text } of found) yield text;
  }
}

/** Sentences of one section with spans in the note. */
export function splitSection(section: Section, splitter: SentenceSplitter): Sentence[] {
  const parts = partsOf(section);
  return splitter
    .split(section.text)
    .map(({ text, spans }) => ({ text, spans: spans.flatMap((span) => toNote(parts, span)) }));
}

/** Where a stretch of a section's text came from. */
interface Part {
  readonly textStart: number;
  readonly textEnd: number;
  readonly noteStart: number;
  readonly noteEnd: number;
}

/** Spans are joined by one space; a separator rule stands as five characters, and a line feed may be put before the first. */
function partsOf({ text, spans }: Section): Part[] {
  let at =
    text.length - spans.reduce((sum, [start, end]) => sum + end - start + 1, -1) === 1 && text[0] === "\n"
      ? 1
      : 0;
  return spans.map(([noteStart, noteEnd], index) => {
    const textStart = at;
    const textEnd = index === spans.length - 1 ? text.length : at + noteEnd - noteStart;
    at = textEnd + 1;
    return { textStart, textEnd, noteStart, noteEnd };
  });
}

function toNote(parts: readonly Part[], [start, end]: Span): Span[] {
  const spans: Span[] = [];
  for (const part of parts) {
    const from = Math.max(start, part.textStart);
    const to = Math.min(end, part.textEnd);
    if (from >= to) continue;
    const isVerbatim = part.textEnd - part.textStart === part.noteEnd - part.noteStart;
    const shift = part.noteStart - part.textStart;
    spans.push(isVerbatim ? [from + shift, to + shift] : [part.noteStart, part.noteEnd]);
  }
  return spans;
}
