/** @file The state by which a stopped `format` run goes on: written atomically beside the growing files. */
import { randomBytes } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { writeAtomic } from "../util/atomic-file.js";
import { type DifferenceCounts, emptyDifferences } from "./differences.js";
import { type CorpusCounts, emptyCounts } from "./format-batch.js";

export interface CategoryState {
  readonly category: string;
  readonly file: string;
  readonly notesFile: string;
  bytes: number;
  notesBytes: number;
  readonly counts: CorpusCounts;
}

export interface RunState {
  /** Rules, splitter, source and filters: a run goes on only with the same. */
  readonly identity: string;
  /** Key of the digests of this run. */
  readonly key: string;
  /** Batches done. */
  batches: number;
  /** Chained digest of the notes of those batches. */
  chain: string;
  readonly categories: CategoryState[];
  refusedBytes: number;
  readonly refusedNotes: Record<string, number>;
  differencesBytes: number;
  readonly differences: DifferenceCounts;
}

const STATE_FILE = "state.json";
export const REFUSED_FILE = "refused.jsonl";
export const DIFFERENCES_FILE = "differences.jsonl";

function newRunState(identity: string): RunState {
  return {
    identity,
    key: randomBytes(32).toString("base64"),
    batches: 0,
    chain: "",
    categories: [],
    refusedBytes: 0,
    refusedNotes: {},
    differencesBytes: 0,
    differences: emptyDifferences(),
  };
}

/** The state in `folder` when it belongs to the same work, otherwise a new one. */
export async function readRunState(folder: string, identity: string): Promise<RunState> {
  try {
    const state = JSON.parse(await readFile(join(folder, STATE_FILE), "utf8")) as RunState;
    if (state.identity === identity && (await hasItsFiles(folder, state))) return state;
  } catch {
    // No state, or files that are not there: the run begins anew.
  }
  return newRunState(identity);
}

/** False when a run was killed while it moved its finished files away: then it is quicker to begin anew than to guess. */
async function hasItsFiles(folder: string, state: RunState): Promise<boolean> {
  const wanted: [name: string, bytes: number][] = [
    [REFUSED_FILE, state.refusedBytes],
    [DIFFERENCES_FILE, state.differencesBytes],
    ...state.categories.flatMap(({ file, bytes, notesFile, notesBytes }): [string, number][] => [
      [file, bytes],
      [notesFile, notesBytes],
    ]),
  ];
  for (const [name, bytes] of wanted)
    if (bytes > 0 && (await stat(join(folder, name))).size < bytes) return false;
  return true;
}

export async function writeRunState(folder: string, state: RunState): Promise<void> {
  await writeAtomic(join(folder, STATE_FILE), JSON.stringify(state));
}

export function newCategoryState(category: string, taken: ReadonlySet<string>): CategoryState {
  const slug =
    category
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, "-")
      .replace(/^-+|-+$/g, "")
      .slice(0, 60) || "notes";
  let name = slug;
  for (let copy = 2; taken.has(`${name}.txt`); copy++) name = `${slug}-${copy}`;
  const file = `${name}.txt`;
  return { category, file, notesFile: `${name}.notes.jsonl`, bytes: 0, notesBytes: 0, counts: emptyCounts() };
}
