/** @file Formats batches on worker threads (built files only: threads run from `dist`). */
import { ClinicalBertError } from "../errors.js";
import type { NoteBatch } from "../notes/note-batches.js";
import { startWorkerPool } from "../util/worker-pool.js";
import type { BatchWorker, CheckedBatch, WorkedBatch } from "./format-corpus.js";
import type { FormatTask, FormatTaskOptions } from "./format-task.js";

export interface FormatWorkers extends BatchWorker {
  close(): Promise<void>;
}

/** Starts `threads` threads that each open the named rules and splitter. Results do not depend on their number. */
export function startFormatWorkers(
  threads: number,
  options: FormatTaskOptions,
  signal?: AbortSignal,
): FormatWorkers {
  if (!Number.isInteger(threads) || threads < 1)
    throw new ClinicalBertError("USAGE", `--threads is ${threads}; it must be a whole number of at least 1.`);
  const pool = startWorkerPool<FormatTask, WorkedBatch | CheckedBatch>(
    new URL("./format-worker.js", import.meta.url),
    {
      threads,
      data: options,
      ...(signal === undefined ? {} : { signal }),
    },
  );
  return {
    width: 2 * threads,
    // The kind of the task decides the kind of the answer.
    format: (batch, key) =>
      pool.run({ batch, key, checkOnly: false }, buffersOf(batch)) as Promise<WorkedBatch>,
    check: (batch, key) => pool.run({ batch, key, checkOnly: true }, buffersOf(batch)),
    close: () => pool.close(),
  };
}

/** What moves to the thread instead of being copied. */
function buffersOf(batch: NoteBatch): ArrayBuffer[] {
  if ("notes" in batch) return [];
  const { bytes, bounds, places } = batch.packed;
  return [bytes.buffer, bounds.buffer, places.buffer];
}
