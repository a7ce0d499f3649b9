/** @file The module that a formatting thread runs. */
import { serveTasks, Transferred } from "../util/worker-task.js";
import type { CheckedBatch, WorkedBatch } from "./format-corpus.js";
import { createFormatTask, type FormatTask, type FormatTaskOptions } from "./format-task.js";

serveTasks<FormatTask, WorkedBatch | CheckedBatch, FormatTaskOptions>(async (options) => {
  const format = await createFormatTask(options);
  return async (task) => {
    const result = await format(task);
    if (!("formatted" in result)) return result;
    const buffers = result.formatted.categories.flatMap(({ lines, notes }) => [lines.buffer, notes.buffer]);
    return new Transferred(result, buffers as ArrayBuffer[]);
  };
});
