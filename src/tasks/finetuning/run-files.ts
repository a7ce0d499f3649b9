/** @file What a fine-tuning run leaves on disk, and what it reads back when it goes on. */
import { createHmac, randomBytes } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { openSafetensors } from "../../checkpoint/safetensors/open-file.js";
import { writeSafetensors } from "../../checkpoint/safetensors/writer.js";
import { ClinicalBertError } from "../../errors.js";
import type { ParameterVector } from "../../training/parameter-vector.js";
import { openRunRecord } from "../../training/run-directory.js";
import { writeAtomic } from "../../util/atomic-file.js";
import { fileError } from "../../util/file-error.js";
import { bytesOf } from "../../util/protobuf.js";
import type { PlannedBatch } from "./batch-plan.js";
import type { Feature } from "./feature.js";
import { type FinetuneRecipe, recipeDifferences } from "./recipe.js";

export interface FinetunePaths {
  readonly folder: string;
  readonly recipe: string;
  /** One line a batch: `{"epoch","rows"}`; written once, then read. */
  readonly batches: string;
  /** Parameters that the model did not have; written once, then read. */
  readonly initial: string;
  readonly metrics: string;
  readonly checkpoints: string;
  /** Weights of the best epoch so far. */
  readonly best: string;
  readonly model: string;
  readonly result: string;
}

export function finetunePaths(folder: string): FinetunePaths {
  return {
    folder,
    recipe: join(folder, "recipe.json"),
    batches: join(folder, "batches.jsonl"),
    initial: join(folder, "initial.safetensors"),
    metrics: join(folder, "metrics.jsonl"),
    checkpoints: join(folder, "checkpoints"),
    best: join(folder, "best.safetensors"),
    model: join(folder, "model"),
    result: join(folder, "result.json"),
  };
}

/** Features of each part; a part that is not there is null. */
export interface FeatureParts {
  readonly train: readonly Feature[];
  readonly dev: readonly Feature[] | null;
  readonly test: readonly Feature[] | null;
}

interface FinetuneRecord {
  readonly format: "clinicalbert-finetuning-1";
  readonly versions: Readonly<Record<string, string>>;
  readonly recipe: FinetuneRecipe;
  /** Hash of the weights that it starts from; null where they are random. The path in the recipe may change, the weights may not. */
  readonly start: string | null;
  /** Key of the hashes below: a hash of text without one would be found by trying. */
  readonly key: string;
  readonly data: Readonly<Record<keyof FeatureParts, string | null>>;
}

/** Makes `recipe.json`, or checks that the run that is there has the same recipe, start and data: `TRAINING_RESUME` says what differs. */
export async function openFinetuneRun(
  paths: FinetunePaths,
  recipe: FinetuneRecipe,
  start: string | null,
  features: FeatureParts,
  versions: Readonly<Record<string, string>>,
): Promise<void> {
  const key = randomBytes(16).toString("hex");
  const record: FinetuneRecord = {
    format: "clinicalbert-finetuning-1",
    versions,
    recipe,
    start,
    key,
    data: hashParts(features, key),
  };
  await openRunRecord(paths, record, (known) => {
    const mine = hashParts(features, known.key);
    const parts = (Object.keys(mine) as (keyof FeatureParts)[]).filter(
      (part) => mine[part] !== known.data[part],
    );
    const model = known.start === start ? [] : ["model"];
    return [...recipeDifferences(known.recipe, recipe), ...model, ...parts.map((part) => `${part} data`)];
  });
}

function hashParts(parts: FeatureParts, key: string): FinetuneRecord["data"] {
  const hash = (features: readonly Feature[] | null): string | null => {
    if (features === null) return null;
    const hmac = createHmac("sha256", key);
    for (const { ids, typeIds, labels } of features)
      for (const part of [ids, typeIds, labels]) hmac.update(`${part.length}:`).update(bytesOf(part));
    return hmac.digest("hex");
  };
  return { train: hash(parts.train), dev: hash(parts.dev), test: hash(parts.test) };
}

/** The batches in the file, which is made first where it is missing. */
export async function fixBatches(path: string, plan: () => PlannedBatch[]): Promise<PlannedBatch[]> {
  const text = await readFile(path, "utf8").catch(() => null);
  if (text === null) {
    const lines = plan().map((batch) => `${JSON.stringify(batch)}\n`);
    await writeAtomic(path, lines.join(""));
    return fixBatches(path, plan);
  }
  try {
    return text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as PlannedBatch);
  } catch {
    throw new ClinicalBertError("TRAINING_RESUME", `${path} is not a file of batches.`, {
      details: { path },
    });
  }
}

/** Gives the parameters `names` of `weights` the values in the file, which is made of them first where it is missing. */
export async function fixInitial(
  path: string,
  weights: ParameterVector,
  names: readonly string[],
): Promise<void> {
  const file = await openSafetensors(path).catch((error: unknown) => {
    if (error instanceof ClinicalBertError && error.code === "FILE_NOT_FOUND") return null;
    throw error;
  });
  if (file === null) {
    await writeSafetensors(path, new Map(names.map((name) => [name, weights.tensors.get(name)!])));
    return;
  }
  await file.close();
  await readWeights(path, weights);
}

export async function saveBest(path: string, weights: ParameterVector): Promise<void> {
  await writeSafetensors(path, weights.tensors);
}

/** Copies the tensors of a file into `weights`; throws `TRAINING_RESUME` for one that the model does not have. */
export async function readWeights(path: string, weights: ParameterVector): Promise<void> {
  const file = await openSafetensors(path);
  try {
    for (const { name, dims } of file.tensors) {
      const tensor = weights.tensors.get(name);
      if (tensor?.dims.join() !== dims.join())
        throw new ClinicalBertError("TRAINING_RESUME", `${path} is of another model.`, { details: { path } });
      (tensor.data as Float32Array).set((await file.read(name)).data as Float32Array);
    }
  } finally {
    await file.close();
  }
}

/** Frees what only an unfinished run needs. */
export async function removeUnfinished({ checkpoints, best }: FinetunePaths): Promise<void> {
  await rm(checkpoints, { recursive: true, force: true });
  await rm(best, { force: true });
}

export async function readResult<T>(path: string): Promise<T | null> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw fileError(error, path);
  });
  return text === null ? null : (JSON.parse(text) as T);
}

export async function writeJsonLines(path: string, lines: readonly object[]): Promise<void> {
  await writeAtomic(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
}
