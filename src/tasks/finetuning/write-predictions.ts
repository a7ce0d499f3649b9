/** @file The predictions of a finished run in a format of annotations, from its JSON lines and the examples of its parts. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeAtomic } from "../../util/atomic-file.js";
import { makeFolder } from "../../util/make-folder.js";
import type { EntityExample, ReadingProblem } from "../example.js";
import {
  FOLDER_FORMATS,
  type FormatOptions,
  formatExamples,
  type WrittenFormat,
} from "../writers/format-examples.js";
import { predictedExamples } from "../writers/predicted-examples.js";
import type { FinetuneData } from "./finetune-data.js";
import type { EntityPrediction } from "./predictions.js";

const ENDINGS: Partial<Record<WrittenFormat, string>> = { conll: "tsv" };

/**
 * Writes `predictions-PART-FORMAT` (a folder with a file a document, or one file with the ending of the format) into the run folder
 * `folder` of a task `ner`, for the parts `dev` and `test` of `data` that are there. Gives what the format cannot hold as it is.
 */
export async function writePredictions(
  folder: string,
  data: FinetuneData,
  format: WrittenFormat,
  options: Pick<FormatOptions, "scheme"> = {},
): Promise<readonly ReadingProblem[]> {
  const problems: ReadingProblem[] = [];
  for (const part of ["dev", "test"] as const) {
    if (data[part] === null) continue;
    const lines = (await readFile(join(folder, `predictions-${part}.jsonl`), "utf8")).trimEnd().split("\n");
    const predictions = lines.map((line) => JSON.parse(line) as EntityPrediction);
    const examples = predictedExamples(data[part] as readonly EntityExample[], predictions);
    const formatted = formatExamples(examples, format, options);
    problems.push(...formatted.problems);
    const path = join(folder, `predictions-${part}-${format}`);
    if (FOLDER_FORMATS.has(format)) await makeFolder(path);
    for (const { name, contents } of formatted.files)
      await writeAtomic(
        FOLDER_FORMATS.has(format) ? join(path, name) : `${path}.${ENDINGS[format] ?? "jsonl"}`,
        contents,
      );
  }
  return problems;
}
