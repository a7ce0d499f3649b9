/** @file Reads what the trainer wrote beside its model in a folder. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { MODEL_SHAPE_FILE } from "../checkpoint/reading-files.js";
import { fileError } from "../util/file-error.js";
import type { TaskShape } from "./finetuning/parts.js";
import { parseModelShape } from "./model-shape.js";

/** `null` for a model that another program wrote. Throws `BERT_CONFIG` for a damaged file, `FILE_ACCESS` for one that cannot be read. */
export async function readModelShapeFile(folder: string): Promise<Partial<TaskShape> | null> {
  const path = join(folder, MODEL_SHAPE_FILE);
  try {
    return parseModelShape(await readFile(path, "utf8"), path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw fileError(error, path);
  }
}
