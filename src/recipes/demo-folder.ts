/** @file The folder of a demonstration: where everything lies, which stages are done, and whether they are of the same run. */
import { createHash } from "node:crypto";
import { readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { ClinicalBertError } from "../errors.js";
import { writeAtomic } from "../util/atomic-file.js";
import { fileError } from "../util/file-error.js";
import { makeFolder } from "../util/make-folder.js";
import type { StageRecord } from "./stage-clock.js";

const FORMAT = "clinicalbert-demo-1";
const STATE = "demo.json";
/** Everything that a demonstration makes. */
const CONTENTS = [
  "corpus",
  "vocab.txt",
  "training.instances",
  "held-out.instances",
  "run",
  "model",
  "report.html",
] as const;

interface State {
  readonly format: typeof FORMAT;
  /** Hash of all that decides the result. */
  readonly identity: string;
  readonly finished: boolean;
  readonly stages: readonly (StageRecord & { readonly facts: unknown })[];
}

export interface DemoFolder {
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
 * Opens or makes the folder. A stopped demonstration of the same `identity` goes on; a finished one, or one of another
 * identity, is cleared away. Throws `DEMO_FOLDER` where something else lies there.
 */
export async function openDemoFolder(path: string, identity: unknown): Promise<DemoFolder> {
  const hash = createHash("sha256").update(JSON.stringify(identity)).digest("hex");
  let state = await readState(path);
  if (state === null || state.finished || state.identity !== hash) {
    if (state !== null)
      for (const name of CONTENTS) await rm(join(path, name), { recursive: true, force: true });
    state = { format: FORMAT, identity: hash, finished: false, stages: [] };
  }
  const save = async (next: State): Promise<void> => {
    state = next;
    await writeAtomic(join(path, STATE), `${JSON.stringify(next, null, 2)}\n`);
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

/** State of a folder that a demonstration made; null for none or an empty one. */
async function readState(path: string): Promise<State | null> {
  const info = await stat(path).catch(() => null);
  if (info === null) return null;
  let names: string[];
  try {
    names = await readdir(path);
  } catch (error) {
    throw fileError(error, path);
  }
  if (names.length === 0) return null;
  const text = await readFile(join(path, STATE), "utf8").catch(() => null);
  try {
    const state = JSON.parse(text ?? "") as State;
    if (state.format === FORMAT) return state;
  } catch {
    // Said below: whatever lies there is not ours to clear away.
  }
  throw new ClinicalBertError("DEMO_FOLDER", `${path} is not empty and holds no demonstration.`, {
    details: { path },
  });
}
