/** @file Formats a batch of notes, the unit of work of a thread: pure, and the same bytes whatever thread runs it. */
import { ClinicalBertError, type ErrorCode } from "../errors.js";
import type { Note } from "../notes/note.js";
import type { SectionSplitter } from "../sections/section.js";
import { splitSection } from "../sentences/note-sentences.js";
import type { Sentence, SentenceSplitter } from "../sentences/sentence.js";

export interface CorpusCounts {
  notes: number;
  sections: number;
  sentences: number;
  /** Runs of characters between white space, in the written sentences. */
  words: number;
  /** UTF-16 units of the notes. */
  characters: number;
}

/** Where a formatted note stands in the corpus file. */
export interface CorpusNote {
  readonly id: string;
  readonly patientId: string | null;
  readonly sentences: number;
}

/** The lines of one category in a batch. */
export interface CategoryBatch {
  /** Sentences, one a line, a blank line after each note. */
  readonly lines: string;
  readonly notes: readonly CorpusNote[];
  readonly counts: CorpusCounts;
}

/** A note that the section rules refuse, or that has no sentence. */
export interface RefusedNote {
  readonly id: string;
  readonly code: ErrorCode;
  readonly message: string;
}

export interface FormattedBatch {
  /** By category as the source names it; "" for notes without one. */
  readonly categories: ReadonlyMap<string, CategoryBatch>;
  readonly refused: readonly RefusedNote[];
}

export function emptyCounts(): CorpusCounts {
  return { notes: 0, sections: 0, sentences: 0, words: 0, characters: 0 };
}

export function addCounts(sum: CorpusCounts, counts: Readonly<CorpusCounts>): void {
  for (const key of Object.keys(sum) as (keyof CorpusCounts)[]) sum[key] += counts[key];
}

/** Sections, then sentences of every note. `byCategory` false puts all notes into the category "". */
export function formatBatch(
  notes: readonly Note[],
  sections: SectionSplitter,
  sentences: SentenceSplitter,
  byCategory: boolean,
): FormattedBatch {
  const categories = new Map<string, { lines: string; notes: CorpusNote[]; counts: CorpusCounts }>();
  const refused: RefusedNote[] = [];
  for (const note of notes) {
    const formatted = formatNote(note, sections, sentences);
    if ("code" in formatted) {
      refused.push(formatted);
      continue;
    }
    const name = byCategory ? (note.category ?? "").trim() : "";
    let category = categories.get(name);
    if (category === undefined) {
      category = { lines: "", notes: [], counts: emptyCounts() };
      categories.set(name, category);
    }
    category.lines += `${formatted.lines}\n`;
    category.notes.push({
      id: note.id,
      patientId: note.patientId ?? null,
      sentences: formatted.counts.sentences,
    });
    addCounts(category.counts, formatted.counts);
  }
  return { categories, refused };
}

function formatNote(
  note: Note,
  sections: SectionSplitter,
  sentences: SentenceSplitter,
): { lines: string; counts: CorpusCounts } | RefusedNote {
  let lines = "";
  const counts = { ...emptyCounts(), notes: 1, characters: note.text.length };
  try {
    for (const section of sections.split(note.text)) {
      counts.sections++;
      for (const sentence of splitSection(section, sentences)) {
        const line = lineOf(sentence);
        if (line === "") continue;
        lines += `${line}\n`;
        counts.sentences++;
        counts.words += countWords(line);
      }
    }
  } catch (error) {
    if (!(error instanceof ClinicalBertError)) throw error;
    return { id: note.id, code: error.code, message: error.message };
  }
  if (lines === "")
    return {
      id: note.id,
      code: "CORPUS_EMPTY_NOTE",
      message: "The note has no sentence: only white space and separator rules.",
    };
  return { lines, counts };
}

/** No line break of any program may stand inside a line: instance creation splits the corpus at line feeds alone. */
function lineOf(sentence: Sentence): string {
  return sentence.text.trim();
}

function countWords(line: string): number {
  let words = 0;
  let inside = false;
  for (let at = 0; at < line.length; at++) {
    const isSpace = line.charCodeAt(at) <= 32;
    if (!isSpace && !inside) words++;
    inside = !isSpace;
  }
  return words;
}
