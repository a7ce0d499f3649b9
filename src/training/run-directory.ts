/** @file What a run leaves on disk, and its record: recipe, where each value is from, versions, keyed hashes of the data. */
import { createHmac, randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { ClinicalBertError } from "../errors.js";
import { writeAtomic } from "../util/atomic-file.js";
import { fileError } from "../util/file-error.js";
import { makeFolder } from "../util/make-folder.js";
import { type PretrainRecipe, recipeDifferences } from "./recipe.js";

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

const FORMAT = "clinicalbert-run-1";

interface DataFile {
  readonly name: string;
  readonly bytes: number;
  /** HMAC-SHA256 with the run's key. */
  readonly hash: string;
}

export interface RunRecord {
  readonly format: typeof FORMAT;
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
  // Read before anything is made: a file that is not there leaves no folder behind.
  for (const path of [...recipe.instances, ...recipe.heldOut]) await sizeOf(path);
  const key = await openKey(paths);
  const [data, heldOut] = [await describe(recipe.instances, key), await describe(recipe.heldOut, key)];
  const hashes = (files: readonly DataFile[]): string => files.map(({ hash }) => hash).join();
  const record: RunRecord = { format: FORMAT, versions, data, heldOut, recipe, origins };
  await openRunRecord(paths, record, (known) => [
    ...recipeDifferences(known.recipe, recipe),
    ...(hashes(known.data) === hashes(data) ? [] : ["instances"]),
    ...(hashes(known.heldOut) === hashes(heldOut) ? [] : ["heldOut"]),
  ]);
}

/**
 * Writes `record` as the run's `recipe.json`, or returns the one that is there. Throws `TRAINING_RESUME` when that is of
 * another format, or differs in what `differences` names.
 */
export async function openRunRecord<R extends { readonly format: string }>(
  { folder, recipe: path }: Pick<RunPaths, "folder" | "recipe">,
  record: R,
  differences: (known: R) => readonly string[],
): Promise<R> {
  const text = await readFile(path, "utf8").catch(() => null);
  if (text === null) {
    try {
      await makeFolder(folder);
      await writeAtomic(path, `${JSON.stringify(record, null, 2)}\n`);
    } catch (error) {
      throw fileError(error, folder);
    }
    return record;
  }
  const known = parseRecord(text, path, record.format) as R;
  const found = differences(known);
  if (found.length > 0)
    throw new ClinicalBertError(
      "TRAINING_RESUME",
      `${folder} holds a run with other values of ${found.join(", ")}.`,
      { details: { folder, differences: found } },
    );
  return known;
}

/** The record of the run in a folder; null where there is none. Throws `TRAINING_RESUME` for a file that is not one. */
export async function readRun({ recipe: path }: RunPaths): Promise<RunRecord | null> {
  const text = await readFile(path, "utf8").catch(() => null);
  return text === null ? null : (parseRecord(text, path, FORMAT) as RunRecord);
}

function parseRecord(text: string, path: string, format: string): unknown {
  try {
    const record = JSON.parse(text) as { readonly format?: unknown };
    if (record.format === format) return record;
  } catch {
    // Said below: it is not ours, whatever it is.
  }
  throw new ClinicalBertError("TRAINING_RESUME", `${path} is not the recipe of a run of this kind.`, {
    details: { path },
  });
}

/** The key of the run's hashes, made where there is none. */
async function openKey({ folder, key: path }: RunPaths): Promise<string> {
  const known = await readFile(path, "utf8").catch(() => null);
  if (known !== null) return known.trim();
  const key = randomBytes(32).toString("base64");
  try {
    await makeFolder(folder);
    await writeAtomic(path, `${key}\n`);
  } catch (error) {
    throw fileError(error, folder);
  }
  return key;
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
