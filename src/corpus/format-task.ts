/** @file One task of formatting on a worker thread. */
import type { NoteBatch } from "../notes/note-batches.js";
import type { SectionRules } from "../sections/section.js";
import { createSectionSplitter } from "../sections/splitter.js";
import type { SentenceSplitterOptions } from "../sentences/open-splitter.js";
import type { CheckedBatch, WorkedBatch } from "./format-corpus.js";
import { openFastSplitter } from "./open-fast-splitter.js";
import { checkBatch, workOn } from "./work-on-batch.js";

/** Plain data, copied to each thread. */
export interface FormatTaskOptions {
  readonly sectionRules: SectionRules;
  readonly sentences: SentenceSplitterOptions;
  readonly byCategory: boolean;
  readonly diff: SectionRules | null;
}

export interface FormatTask {
  readonly batch: NoteBatch;
  /** Key of the run's digests. */
  readonly key: string;
  /** Only `checkBatch`. */
  readonly checkOnly: boolean;
}

export async function createFormatTask(
  options: FormatTaskOptions,
): Promise<(task: FormatTask) => Promise<WorkedBatch> | CheckedBatch> {
  const batchOptions = {
    sections: createSectionSplitter(options.sectionRules),
    sentences: await openFastSplitter(options.sentences),
    byCategory: options.byCategory,
    diff: options.diff === null ? null : createSectionSplitter(options.diff),
  };
  return ({ batch, key, checkOnly }) =>
    checkOnly ? checkBatch(batch, key) : workOn(batch, key, batchOptions);
}
