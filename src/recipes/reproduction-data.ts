/** @file Where a reproduction finds MedNLI and the i2b2 sets in the folders that were given, and how it cuts development parts off. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { ClinicalBertError } from "../errors.js";
import type { Example, ExampleFormat } from "../tasks/index.js";
import { readSources } from "../tasks/index.js";
import { type FinetuneData, type FinetuneTask, splitExamples } from "../tasks/finetuning/index.js";
import { findI2b2Sets } from "./i2b2-folders.js";
import { type PaperTask, WHERE_TO_APPLY } from "./table-2.js";

/** Files of one column of the table. */
export interface TaskFiles {
  readonly train: readonly string[];
  /** Empty where a part of the train files is the development set. */
  readonly dev: readonly string[];
  readonly test: readonly string[];
}

interface DataFolders {
  /** With mli_train_v1.jsonl, mli_dev_v1.jsonl, mli_test_v1.jsonl. */
  readonly mednli: string | null;
  /** The unpacked archives of the data portal somewhere below it, or 2006, 2010, 2012, 2014 with entries whose names contain `train` and `test`. */
  readonly i2b2: string | null;
}

/** Of seeds of the published development splits one is not fixed, the others are lost: these are ours, with hashes to compare. */
const SPLIT_SEED = 2019;

export function taskOf(task: PaperTask): FinetuneTask {
  return task === "mednli" ? "nli" : "ner";
}

/** The tasks whose files are there; a folder that was named and lacks them, or a part of them, throws `FILE_NOT_FOUND`. */
export async function findTaskFiles({ mednli, i2b2 }: DataFolders): Promise<Map<PaperTask, TaskFiles>> {
  const found = new Map<PaperTask, TaskFiles>();
  if (mednli !== null) found.set("mednli", await findMednli(mednli));
  if (i2b2 !== null)
    for (const [task, parts] of await findI2b2Sets(i2b2)) found.set(task, { ...parts, dev: [] });
  return found;
}

async function findMednli(folder: string): Promise<TaskFiles> {
  const [train, dev, test] = ["train", "dev", "test"].map((part) => join(folder, `mli_${part}_v1.jsonl`));
  for (const path of [train!, dev!, test!])
    if ((await stat(path).catch(() => null)) === null)
      throw new ClinicalBertError(
        "FILE_NOT_FOUND",
        `${path} is not there; --mednli names the folder with the three files of MedNLI 1.0.0.`,
        { remedy: `Where it is had: ${WHERE_TO_APPLY.mednli}.`, details: { path } },
      );
  return { train: [train!], dev: [dev!], test: [test!] };
}

/**
 * Reads a task. Development parts as the published readers cut them: the last 30 % of 2006, a tenth of the records of 2010, a
 * tenth of the patients of 2012 and 2014; seeded here (the published ones cannot be rebuilt, except 2006).
 */
export async function readTask(task: PaperTask, files: TaskFiles): Promise<FinetuneData> {
  const format: ExampleFormat = task === "mednli" ? "nli" : task;
  const read = async (paths: readonly string[]): Promise<Example[]> => {
    const examples: Example[] = [];
    for (const result of await readSources(paths, format))
      for (const example of result.examples) examples.push(example);
    return examples;
  };
  const train = await read(files.train);
  const test = await read(files.test);
  if (files.dev.length > 0) return { train, dev: await read(files.dev), test };
  if (task === "i2b2-2006") {
    const kept = Math.floor(0.7 * train.length);
    return { train: train.slice(0, kept), dev: train.slice(kept), test };
  }
  const unit =
    task !== "i2b2-2010" && train.every(({ patientId }) => patientId !== undefined) ? "patient" : "document";
  return { ...splitExamples(train, { shares: [90, 10, 0], unit, seed: SPLIT_SEED }), test };
}
