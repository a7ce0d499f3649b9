/** @file What a run leaves on disk, and its record: recipe, where each value is from, versions, keyed hashes of the data. */
import { createHmac, randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { writeAtomic } from "../util/atomic-file.js";
import { fileError } from "../util/file-error.js";
import { makeFolder } from "../util/make-folder.js";
import { type PretrainRecipe, recipeDifferences } from "./recipe.js";
import { readRunRecord, requireSameRun } from "./run-record.js";

export interface RunPaths {
  readonly folder: string;
  readonly recipe: string;
  /** Key of the hashes in `recipe`: what a hash is of cannot be guessed from a recipe that is passed on without it. */
  readonly key: string;
  readonly metrics: string;
  readonly evaluations: string;
  /** Folder of TensorBoard's event file. */
  readonly tensorboard: string;
  readonly checkpoints: string;
  readonly model: string;
  /** The model with the lowest held-out masked-LM loss, where that is not the last one. */
  readonly bestModel: string;
}

export function runPaths(folder: string): RunPaths {
  return {
    folder,
    recipe: join(folder, "recipe.json"),
    key: join(folder, "run.key"),
    metrics: join(folder, "metrics.jsonl"),
    evaluations: join(folder, "evaluations.jsonl"),
    tensorboard: join(folder, "tensorboard"),
    checkpoints: join(folder, "checkpoints"),
    model: join(folder, "model"),
    bestModel: join(folder, "best-model"),
  };
}

interface DataFile {
  readonly name: string;
  readonly bytes: number;
  /** HMAC-SHA256 with the run's key. */
  readonly hash: string;
}

export interface RunRecord {
  readonly format: "clinicalbert-run-1";
  readonly versions: Readonly<Record<string, string>>;
  readonly data: readonly DataFile[];
  readonly heldOut: readonly DataFile[];
  readonly recipe: PretrainRecipe;
  /** Where a value of the recipe is from, by name: a publication, a default, the command line. */
  readonly origins: Readonly<Record<string, string>>;
}

/**
 * Makes the folder and its `recipe.json`, or checks that the one that is there has the same recipe and data.
 * Throws `TRAINING_RESUME` naming what differs.
 */
export async function openRun(
  paths: RunPaths,
  recipe: PretrainRecipe,
  versions: Readonly<Record<string, string>>,
  origins: Readonly<Record<string, string>> = {},
): Promise<void> {
  const known = await readRun(paths);
  if (known === null) {
    // Read before anything is made: a file that is not there leaves no folder behind.
    for (const path of [...recipe.instances, ...recipe.heldOut]) await sizeOf(path);
    try {
      await makeFolder(paths.folder);
      const key = randomBytes(32).toString("base64");
      await writeAtomic(paths.key, `${key}\n`);
      const [data, heldOut] = [await describe(recipe.instances, key), await describe(recipe.heldOut, key)];
      const record: RunRecord = { format: "clinicalbert-run-1", versions, data, heldOut, recipe, origins };
      await writeAtomic(paths.recipe, `${JSON.stringify(record, null, 2)}\n`);
    } catch (error) {
      throw fileError(error, paths.folder);
    }
    return;
  }
  const differences = recipeDifferences(known.recipe, recipe);
  const key = await readKey(paths);
  const same = async (files: readonly DataFile[], now: readonly string[]): Promise<boolean> =>
    files.map(({ hash }) => hash).join() === (await describe(now, key)).map(({ hash }) => hash).join();
  if (!(await same(known.data, recipe.instances))) differences.push("instances");
  if (!(await same(known.heldOut, recipe.heldOut))) differences.push("heldOut");
  requireSameRun(paths.folder, differences);
}

/** The record of the run in a folder; null where there is none. Throws `TRAINING_RESUME` for a file that is not one. */
export function readRun({ recipe }: RunPaths): Promise<RunRecord | null> {
  return readRunRecord<RunRecord>(recipe, "clinicalbert-run-1");
}

async function readKey({ key }: RunPaths): Promise<string> {
  try {
    return (await readFile(key, "utf8")).trim();
  } catch (error) {
    throw fileError(error, key);
  }
}

async function describe(paths: readonly string[], key: string): Promise<DataFile[]> {
  const files: DataFile[] = [];
  for (const path of paths) {
    const hash = createHmac("sha256", key);
    try {
      for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }))
        hash.update(chunk as Buffer);
    } catch (error) {
      throw fileError(error, path);
    }
    files.push({ name: basename(path), bytes: await sizeOf(path), hash: hash.digest("hex") });
  }
  return files;
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    throw fileError(error, path);
  }
}
