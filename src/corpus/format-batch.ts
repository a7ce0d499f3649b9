/** @file Formats a batch of notes, the unit of work of a thread: pure, and the same bytes whatever thread runs it. */
import { ClinicalBertError, type ErrorCode } from "../errors.js";
import type { Note } from "../notes/note.js";
import type { SectionSplitter } from "../sections/section.js";
import { sectionTexts } from "../sentences/note-sentences.js";
import type { SentenceSplitter } from "../sentences/sentence.js";
import { splitAhead } from "../sentences/split-ahead.js";
import { type BatchDifferences, createDifferences } from "./differences.js";

type CountName = "notes" | "sections" | "sentences" | "blankLines" | "words" | "characters";

export interface CorpusCounts extends Record<CountName, number> {
  notes: number;
  sections: number;
  sentences: number;
  /** Sentences of white space alone: a preset that keeps them writes lines that later programs take for the end of a note. */
  blankLines: number;
  /** Runs of characters between ASCII white space, in the written sentences. */
  words: number;
  /** UTF-16 units of the notes. */
  characters: number;
}

/** The lines of one category in a batch, as bytes of UTF-8: they move between threads without a copy. */
export interface CategoryBatch {
  /** Sentences, one a line, a blank line after each note. */
  readonly lines: Uint8Array;
  /** JSON lines `{"id","patientId","sentences"}`, one a note. */
  readonly notes: Uint8Array;
  readonly counts: CorpusCounts;
}

/** A note that the section rules refuse, or that has no sentence. */
export interface RefusedNote {
  readonly id: string;
  readonly code: ErrorCode;
  readonly message: string;
}

export interface FormattedBatch {
  /** By category as the source names it; "" for notes without one. In the order of their first notes. */
  readonly categories: readonly (CategoryBatch & { readonly category: string })[];
  readonly refused: readonly RefusedNote[];
  /** What another rule set would have changed, when one is given. */
  readonly differences: BatchDifferences | null;
}

export interface FormatBatchOptions {
  readonly sections: SectionSplitter;
  readonly sentences: SentenceSplitter;
  /** False puts all notes into the category "". */
  readonly byCategory: boolean;
  /** Compare with this rule set. */
  readonly diff: SectionSplitter | null;
}

export function emptyCounts(): CorpusCounts {
  return { notes: 0, sections: 0, sentences: 0, blankLines: 0, words: 0, characters: 0 };
}

/** Adds each number of `counts` to the one of the same name in `sum`. */
export function addCounts<Key extends string>(
  sum: Record<Key, number>,
  counts: Readonly<Record<Key, number>>,
): void {
  for (const key of Object.keys(sum) as Key[]) sum[key] += counts[key];
}

/** Sections, then sentences of every note. */
export async function formatBatch(
  notes: readonly Note[],
  given: FormatBatchOptions,
): Promise<FormattedBatch> {
  const options = { ...given, sentences: await splitAhead(given.sentences, textsToSplit(notes, given)) };
  const categories = new Map<string, { lines: string; notes: string; counts: CorpusCounts }>();
  const refused: RefusedNote[] = [];
  const differences = options.diff === null ? null : createDifferences(options.diff);
  for (const note of notes) {
    const formatted = formatNote(note, options);
    differences?.add(note, options);
    if ("code" in formatted) {
      refused.push(formatted);
      continue;
    }
    const name = options.byCategory ? (note.category ?? "").trim() : "";
    let category = categories.get(name);
    if (category === undefined) {
      category = { lines: "", notes: "", counts: emptyCounts() };
      categories.set(name, category);
    }
    const { lines, counts } = formatted;
    category.lines += `${lines}\n`;
    category.notes += `${JSON.stringify({ id: note.id, patientId: note.patientId ?? null, sentences: counts.sentences })}\n`;
    addCounts(category.counts, counts);
  }
  return {
    categories: [...categories].map(([category, { lines, notes, counts }]) => {
      const bytes = encoder.encode(lines);
      counts.words = countWords(bytes);
      return { category, lines: bytes, notes: encoder.encode(notes), counts };
    }),
    refused,
    differences: differences?.result() ?? null,
  };
}

const encoder = new TextEncoder();

/** What `formatNote` and the differences will ask the sentence splitter for. */
function* textsToSplit(notes: readonly Note[], { sections, diff }: FormatBatchOptions): Generator<string> {
  const texts = notes.map(({ text }) => text);
  yield* sectionTexts(texts, sections);
  if (diff !== null) yield* sectionTexts(texts, diff);
}

function formatNote(
  note: Note,
  { sections, sentences }: FormatBatchOptions,
): { lines: string; counts: CorpusCounts } | RefusedNote {
  let lines = "";
  const counts = { ...emptyCounts(), notes: 1, characters: note.text.length };
  try {
    for (const section of sections.split(note.text)) {
      counts.sections++;
      for (const sentence of sentences.split(section.text)) {
        const line = sentences.verbatim === true ? sentence.text : sentence.text.trim();
        if (line === "") continue;
        lines += `${line}\n`;
        counts.sentences++;
        if (line.trim() === "") counts.blankLines++;
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

/** Runs of bytes above the space character: in UTF-8, words between ASCII white space. */
function countWords(lines: Uint8Array): number {
  let words = 0;
  let wasSpace = true;
  for (let at = 0; at < lines.length; at++) {
    const isSpace = lines[at]! <= 32;
    if (wasSpace && !isSpace) words++;
    wasSpace = isSpace;
  }
  return words;
}
