/** @file Full checkpoints of a run: weights, both moments and the step in one safetensors file, written atomically and proved readable. */
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { openSafetensors } from "../checkpoint/safetensors/open-file.js";
import { writeSafetensors } from "../checkpoint/safetensors/writer.js";
import { ClinicalBertError } from "../errors.js";
import type { Tensor } from "../graph/tensor.js";
import { fileError } from "../util/file-error.js";
import { makeFolder } from "../util/make-folder.js";
import type { ParameterVector } from "./parameter-vector.js";
import type { TrainingState } from "./trained-graph.js";
import type { TrainingEnvironment } from "./training-environment.js";

const FORMAT = "clinicalbert-training-checkpoint-1";
const NAME = /^step-(\d{8})\.safetensors$/;
/** Prefixes of the tensors of a checkpoint; weights have their plain names, so that any reader can use the file. */
const PREFIXES = { weights: "", firstMoments: "adam_m/", secondMoments: "adam_v/" } as const;

/** Writes the state after `step` updates, proves that it reads back, then drops all but the newest `keep` files. */
export async function saveCheckpoint(
  folder: string,
  state: TrainingState,
  step: number,
  environment: TrainingEnvironment,
  keep: number,
): Promise<void> {
  const path = join(folder, `step-${String(step).padStart(8, "0")}.safetensors`);
  try {
    await makeFolder(folder);
    const metadata = { format: "pt", clinicalbert: FORMAT, step: String(step), ...environment };
    await writeSafetensors(path, stateTensors(state), metadata);
  } catch (error) {
    throw fileError(error, path);
  }
  await (await openCheckpoint(path, state)).close();
  for (const old of (await listCheckpoints(folder)).slice(keep)) await rm(old.path, { force: true });
}

export interface RestoredCheckpoint {
  /** Updates done. */
  readonly step: number;
  /** What differs from the environment that wrote it; the run is then not bit-identical. */
  readonly differences: readonly string[];
  /** Newer files that could not be read. */
  readonly unreadable: readonly string[];
}

/** What a user of a continued run should know. */
export function resumeNotices({ unreadable, differences }: RestoredCheckpoint): string[] {
  const notices = unreadable.map((path) => `skipped the unreadable checkpoint ${path}`);
  if (differences.length === 0) return notices;
  return [...notices, `not bit-identical to an uninterrupted run, because ${differences.join("; ")}`];
}

/** Loads the newest readable checkpoint of `folder` into `state`; null when there is none. */
export async function restoreCheckpoint(
  folder: string,
  state: TrainingState,
  environment: TrainingEnvironment,
): Promise<RestoredCheckpoint | null> {
  const unreadable: string[] = [];
  for (const { path, step } of await listCheckpoints(folder)) {
    try {
      const file = await openCheckpoint(path, state);
      try {
        for (const [name, tensor] of stateTensors(state))
          (tensor.data as Float32Array).set((await file.read(name)).data as Float32Array);
        const written = file.metadata as Partial<Record<keyof TrainingEnvironment, string>>;
        const keys = Object.keys(environment) as (keyof TrainingEnvironment)[];
        const differences = keys
          .filter((key) => written[key] !== environment[key])
          .map((key) => `${key} was ${written[key] ?? "not recorded"}, is ${environment[key]}`);
        return { step, differences, unreadable };
      } finally {
        await file.close();
      }
    } catch (error) {
      if (!(error instanceof ClinicalBertError)) throw error;
      unreadable.push(path);
    }
  }
  if (unreadable.length > 0)
    throw new ClinicalBertError(
      "TRAINING_RESUME",
      `No checkpoint of ${folder} can be read: ${unreadable.join(", ")}.`,
      {
        details: { folder },
      },
    );
  return null;
}

/** Newest first. */
async function listCheckpoints(folder: string): Promise<{ path: string; step: number }[]> {
  const names = await readdir(folder).catch(() => []);
  return names
    .flatMap((name) => {
      const step = NAME.exec(name)?.[1];
      return step === undefined ? [] : [{ path: join(folder, name), step: Number(step) }];
    })
    .sort((a, b) => b.step - a.step);
}

/** Opens a checkpoint and checks that it is one of this model: header, ranges and file size, every name and shape. */
async function openCheckpoint(path: string, state: TrainingState): ReturnType<typeof openSafetensors> {
  const file = await openSafetensors(path);
  const dims = new Map(file.tensors.map((info) => [info.name, info.dims.join()]));
  const fits = [...stateTensors(state)].every(([name, tensor]) => dims.get(name) === tensor.dims.join());
  if (file.metadata["clinicalbert"] === FORMAT && fits) return file;
  await file.close();
  throw new ClinicalBertError("TRAINING_RESUME", `${path} is no training checkpoint of this model.`, {
    details: { path },
  });
}

function stateTensors(state: TrainingState): Map<string, Tensor> {
  const named = (vector: ParameterVector, prefix: string): [string, Tensor][] =>
    [...vector.tensors].map(([name, tensor]) => [`${prefix}${name}`, tensor]);
  return new Map(
    (Object.keys(PREFIXES) as (keyof TrainingState)[]).flatMap((key) => named(state[key], PREFIXES[key])),
  );
}
