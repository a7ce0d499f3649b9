/** @file What is done with one batch of notes, on whatever thread: unpacked, digested, formatted. */
import { type NoteBatch, unpackBatch } from "../notes/note-batches.js";
import { digestBatch } from "./batch-digest.js";
import { type FormatBatchOptions, formatBatch } from "./format-batch.js";
import type { CheckedBatch, WorkedBatch } from "./format-corpus.js";

export async function workOn(
  batch: NoteBatch,
  key: string,
  options: FormatBatchOptions,
): Promise<WorkedBatch> {
  const { notes, refusals } = unpackBatch(batch);
  return { formatted: await formatBatch(notes, options), digest: digestBatch(key, notes), refusals };
}

export function checkBatch(batch: NoteBatch, key: string): CheckedBatch {
  const { notes, refusals } = unpackBatch(batch);
  return { digest: digestBatch(key, notes), refusals };
}
