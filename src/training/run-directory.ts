/** @file What a run leaves on disk: its recipe and data hashes, one line of metrics a step, checkpoints, the trained model. */
import { createHash } from "node:crypto";
import {
  closeSync,
  createReadStream,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  writeSync,
} from "node:fs";
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
  readonly metrics: string;
  readonly checkpoints: string;
  readonly model: string;
}

export function runPaths(folder: string): RunPaths {
  return {
    folder,
    recipe: join(folder, "recipe.json"),
    metrics: join(folder, "metrics.jsonl"),
    checkpoints: join(folder, "checkpoints"),
    model: join(folder, "model"),
  };
}

/** One line of `metrics.jsonl`; names as in the contract of `pretrain`. */
export interface StepMetrics {
  /** Updates done, from 1. */
  readonly step: number;
  readonly loss: number;
  readonly masked_lm_loss: number;
  readonly next_sentence_loss: number;
  readonly masked_lm_accuracy: number;
  readonly next_sentence_accuracy: number;
  /** Rate of this update. */
  readonly learning_rate: number;
  readonly sequences_per_second: number;
}

interface DataFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

interface RunRecord {
  readonly format: "clinicalbert-run-1";
  readonly versions: Readonly<Record<string, string>>;
  readonly data: readonly DataFile[];
  readonly recipe: PretrainRecipe;
}

/**
 * Makes the folder and its `recipe.json`, or checks that the one that is there has the same recipe and data.
 * Throws `TRAINING_RESUME` naming what differs.
 */
export async function openRun(
  paths: RunPaths,
  recipe: PretrainRecipe,
  versions: Record<string, string>,
): Promise<void> {
  const data = await Promise.all(recipe.instances.map(describeFile));
  const record: RunRecord = { format: "clinicalbert-run-1", versions, data, recipe };
  await openRunRecord(paths, record, (known) => {
    const differences = recipeDifferences(known.recipe, recipe);
    const sameData =
      known.data.map(({ sha256 }) => sha256).join() === data.map(({ sha256 }) => sha256).join();
    return sameData ? differences : [...differences, "instances"];
  });
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

async function describeFile(path: string): Promise<DataFile> {
  const hash = createHash("sha256");
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }))
      hash.update(chunk as Buffer);
    return { name: basename(path), bytes: (await stat(path)).size, sha256: hash.digest("hex") };
  } catch (error) {
    throw fileError(error, path);
  }
}

export interface MetricsLog {
  /** Appends one line of plain data. */
  write(metrics: { readonly step: number }): void;
  /** Makes the lines so far durable: before every checkpoint. */
  sync(): void;
  close(): void;
}

/** Opens `metrics.jsonl` after `step` updates: lines of later steps, left by a run that was killed, are dropped. */
export async function openMetrics(path: string, step: number): Promise<MetricsLog> {
  if (existsSync(path)) {
    const lines = readFileSync(path, "utf8").split("\n");
    await writeAtomic(
      path,
      lines
        .filter((line) => stepOf(line) <= step)
        .map((line) => `${line}\n`)
        .join(""),
    );
  }
  const descriptor = openSync(path, "a", 0o600);
  return {
    write(metrics) {
      try {
        writeSync(descriptor, `${JSON.stringify(metrics)}\n`);
      } catch (error) {
        throw fileError(error, path);
      }
    },
    sync: () => fsyncSync(descriptor),
    close: () => closeSync(descriptor),
  };
}

/** Step of a line; infinite for one that was cut short. */
function stepOf(line: string): number {
  try {
    return (JSON.parse(line) as StepMetrics).step;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
