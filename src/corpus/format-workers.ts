/** @file Formats batches on worker threads (built files only: threads run from `dist`). */
import { ClinicalBertError } from "../errors.js";
import type { Note } from "../notes/note.js";
import { startWorkerPool } from "../util/worker-pool.js";
import type { BatchWorker, WorkedBatch } from "./format-corpus.js";
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
  const pool = startWorkerPool<FormatTask, WorkedBatch>(new URL("./format-worker.js", import.meta.url), {
    threads,
    data: options,
    ...(signal === undefined ? {} : { signal }),
  });
  return {
    width: 2 * threads,
    format: (notes: readonly Note[], key: string) => pool.run({ notes, key }),
    close: () => pool.close(),
  };
}
