/** @file What another section rule set would have made of the same notes: counts and places, never text. */
import { ClinicalBertError } from "../errors.js";
import type { Note } from "../notes/note.js";
import type { Span } from "../notes/span.js";
import type { SectionSplitter } from "../sections/section.js";
import { splitNoteSentences } from "../sentences/note-sentences.js";
import { orRefusal } from "../util/refusal-of.js";
import type { FormatBatchOptions } from "./format-batch.js";

export interface DifferenceCounts {
  /** Notes with other sentences. */
  notes: number;
  /** Notes that only one of the rule sets refuses. */
  refusals: number;
  /** Sentences that only this run's rules have. */
  sentencesHere: number;
  /** Sentences that only the other rules have. */
  sentencesThere: number;
}

export interface BatchDifferences {
  /** JSON lines `{"id","here":[spans…],"there":[spans…]}`, or `{"id","refused":"here"|"there","code"}`. */
  readonly lines: string;
  readonly counts: DifferenceCounts;
}

export function emptyDifferences(): DifferenceCounts {
  return { notes: 0, refusals: 0, sentencesHere: 0, sentencesThere: 0 };
}

export function createDifferences(other: SectionSplitter) {
  const counts = emptyDifferences();
  let lines = "";
  return {
    add(note: Note, { sections, sentences }: FormatBatchOptions): void {
      const here = placesOf(() => splitNoteSentences(note.text, sections, sentences));
      const there = placesOf(() => splitNoteSentences(note.text, other, sentences));
      if (here instanceof ClinicalBertError || there instanceof ClinicalBertError) {
        if (here instanceof ClinicalBertError && there instanceof ClinicalBertError) return;
        counts.notes++;
        counts.refusals++;
        const [side, error] =
          here instanceof ClinicalBertError ? ["here", here] : ["there", there as ClinicalBertError];
        lines += `${JSON.stringify({ id: note.id, refused: side, code: error.code })}\n`;
        return;
      }
      const onlyHere = [...here].filter(([key]) => !there.has(key)).map(([, spans]) => spans);
      const onlyThere = [...there].filter(([key]) => !here.has(key)).map(([, spans]) => spans);
      if (onlyHere.length === 0 && onlyThere.length === 0) return;
      counts.notes++;
      counts.sentencesHere += onlyHere.length;
      counts.sentencesThere += onlyThere.length;
      lines += `${JSON.stringify({ id: note.id, here: onlyHere, there: onlyThere })}\n`;
    },
    result: (): BatchDifferences => ({ lines, counts }),
  };
}

type Places = ReadonlyMap<string, readonly Span[]>;

function placesOf(split: () => readonly { readonly spans: readonly Span[] }[]): Places | ClinicalBertError {
  const sentences = orRefusal(split);
  if (sentences instanceof ClinicalBertError) return sentences;
  return new Map(sentences.map(({ spans }) => [JSON.stringify(spans), spans]));
}
