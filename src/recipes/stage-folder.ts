/** @file The folder of a job of several stages: where everything lies, which stages are done, and whether they are of the same job. */
import { createHash } from "node:crypto";
import { readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { ClinicalBertError } from "../errors.js";
import { writeAtomic } from "../util/atomic-file.js";
import { fileError } from "../util/file-error.js";
import { makeFolder } from "../util/make-folder.js";
import { type StageRecord, timeStage } from "./stage-clock.js";

/** What kind of job a folder is of. */
export interface StageFolderKind {
  /** Written into the state file, and the name of that file. */
  readonly format: string;
  readonly file: string;
  /**
   * Everything that the job makes, cleared away when a finished job is started again or one of another identity takes the folder;
   * null: such a start is refused.
   */
  readonly contents: readonly string[] | null;
}

interface State {
  readonly format: string;
  /** Hash of all that decides the result. */
  readonly identity: string;
  readonly finished: boolean;
  readonly stages: readonly (StageRecord & { readonly facts: unknown })[];
}

export interface StageFolder {
  readonly path: string;
  /** A path inside of it. */
  file(...names: string[]): string;
  /** The record and facts of a stage that an earlier, stopped run has done. */
  done(stage: string): { readonly record: StageRecord; readonly facts: unknown } | null;
  /** Remembers a stage; `facts` are small plain data for the stages after it. */
  finishStage(record: StageRecord, facts: unknown): Promise<void>;
  /** The next start in this folder begins anew. */
  finish(): Promise<void>;
}

/**
 * Opens or makes the folder; a stopped job of the same `identity` goes on. Throws `STAGE_FOLDER` where something else lies there, or a
 * job of another identity that may not be cleared away.
 */
export async function openStageFolder(
  path: string,
  kind: StageFolderKind,
  identity: unknown,
): Promise<StageFolder> {
  const hash = createHash("sha256").update(JSON.stringify(identity)).digest("hex");
  let state = await readState(path, kind);
  if (state === null || state.finished || state.identity !== hash) {
    if (state !== null && kind.contents === null)
      throw new ClinicalBertError(
        "STAGE_FOLDER",
        `${path} holds a job on other notes, or with other values of its first stages.`,
        { details: { path } },
      );
    if (state !== null)
      for (const name of kind.contents ?? []) await rm(join(path, name), { recursive: true, force: true });
    state = { format: kind.format, identity: hash, finished: false, stages: [] };
  }
  const save = async (next: State): Promise<void> => {
    state = next;
    await writeAtomic(join(path, kind.file), `${JSON.stringify(next, null, 2)}\n`);
  };
  try {
    await makeFolder(path);
    await save(state);
  } catch (error) {
    throw fileError(error, path);
  }
  return {
    path,
    file: (...names) => join(path, ...names),
    done(stage) {
      const found = state!.stages.find(({ name }) => name === stage);
      return found === undefined ? null : { record: found, facts: found.facts };
    },
    finishStage: (record, facts) => save({ ...state!, stages: [...state!.stages, { ...record, facts }] }),
    finish: () => save({ ...state!, finished: true }),
  };
}

/** State of a folder that such a job made; null for none or an empty one. */
async function readState(path: string, { format, file }: StageFolderKind): Promise<State | null> {
  const info = await stat(path).catch(() => null);
  if (info === null) return null;
  let names: string[];
  try {
    names = await readdir(path);
  } catch (error) {
    throw fileError(error, path);
  }
  if (names.length === 0) return null;
  const text = await readFile(join(path, file), "utf8").catch(() => null);
  try {
    const state = JSON.parse(text ?? "") as State;
    if (state.format === format) return state;
  } catch {
    // Said below: whatever lies there is not ours to clear away.
  }
  throw new ClinicalBertError("STAGE_FOLDER", `${path} is not empty and holds no job of this kind.`, {
    details: { path },
  });
}

/** How far a stage is; `note` is a short text of numbers. */
export type OnProgress = (done: number, note?: string) => void;

/** `total` is 0 where it is not known. */
export type OnStageProgress = (
  stage: string,
  done: number,
  total: number,
  unit: string,
  note: string,
) => void;

/** What the stages of one job share. */
export interface StageJob {
  readonly folder: StageFolder;
  readonly signal: AbortSignal;
  /** Filled as the stages go. */
  readonly stages: StageRecord[];
  readonly onProgress: OnStageProgress;
}

/** Measures a stage and remembers it, or takes over what a stopped run has done. `work` returns items and facts. */
export async function runStage<Facts>(
  { folder, stages, signal, onProgress }: StageJob,
  name: string,
  unit: string,
  total: number,
  work: (progress: OnProgress) => Promise<readonly [items: number, facts: Facts]>,
): Promise<Facts> {
  const known = folder.done(name);
  if (known !== null) {
    stages.push(known.record);
    return known.facts as Facts;
  }
  signal.throwIfAborted();
  onProgress(name, 0, total, unit, "");
  let facts: Facts | undefined;
  const record = await timeStage(name, unit, async () => {
    const [items, found] = await work((done, note = "") => onProgress(name, done, total, unit, note));
    facts = found;
    return items;
  });
  await folder.finishStage(record, facts);
  stages.push(record);
  return facts as Facts;
}
