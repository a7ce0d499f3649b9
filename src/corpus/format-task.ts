/** @file One task of formatting, the same on the main thread and on a worker. */
import type { Note } from "../notes/note.js";
import type { SectionRules } from "../sections/section.js";
import { createSectionSplitter } from "../sections/splitter.js";
import { openSentenceSplitter, type SentenceSplitterOptions } from "../sentences/open-splitter.js";
import { digestBatch } from "./batch-digest.js";
import { formatBatch } from "./format-batch.js";
import type { WorkedBatch } from "./format-corpus.js";

/** Plain data, copied to each thread. */
export interface FormatTaskOptions {
  readonly sectionRules: SectionRules;
  readonly sentences: SentenceSplitterOptions;
  readonly byCategory: boolean;
  readonly diff: SectionRules | null;
}

export interface FormatTask {
  readonly notes: readonly Note[];
  /** Key of the run's digests. */
  readonly key: string;
}

export async function createFormatTask(
  options: FormatTaskOptions,
): Promise<(task: FormatTask) => WorkedBatch> {
  const batchOptions = {
    sections: createSectionSplitter(options.sectionRules),
    sentences: await openSentenceSplitter(options.sentences),
    byCategory: options.byCategory,
    diff: options.diff === null ? null : createSectionSplitter(options.diff),
  };
  return ({ notes, key }) => ({
    formatted: formatBatch(notes, batchOptions),
    digest: digestBatch(key, notes),
  });
}
