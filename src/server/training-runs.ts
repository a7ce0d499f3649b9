/** @file Run folders of training as the page follows them: which there are, and their metrics as they grow. */
import type { Dirent } from "node:fs";
import { open, readdir, readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { ClinicalBertError } from "../errors.js";
import { runPaths } from "../training/run-directory.js";
import type { MetricsLine, RunInfo, RunList, RunMetrics } from "./api.js";

/** Read for one answer; a follower asks again while there are more. */
const PIECE_BYTES = 1 << 20;
const TAIL_BYTES = 4096;

/** Runs directly under `folder`, and `folder` itself when it is one; the newest first. */
export async function listRuns(folder: string): Promise<RunList> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((): Dirent[] => []);
  const names = [".", ...entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)];
  const runs = await Promise.all(names.map((name) => describeRun(folder, name)));
  return {
    runs: runs.filter((run) => run !== null).sort((a, b) => b.updated - a.updated),
  };
}

async function describeRun(folder: string, id: string): Promise<RunInfo | null> {
  const paths = runPaths(join(folder, id));
  const info = await stat(paths.metrics).catch(() => null);
  if (info === null) return null;
  const model = await stat(join(paths.model, "config.json")).catch(() => null);
  return {
    id,
    steps: await plannedSteps(paths.recipe),
    step: await lastStep(paths.metrics),
    updated: Math.round(info.mtimeMs),
    finished: model !== null,
  };
}

async function plannedSteps(path: string): Promise<number | null> {
  try {
    const { recipe } = JSON.parse(await readFile(path, "utf8")) as { recipe?: { steps?: unknown } };
    return typeof recipe?.steps === "number" ? recipe.steps : null;
  } catch {
    return null;
  }
}

/** Step of the last whole line, read from the end of the file. */
async function lastStep(path: string): Promise<number> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const length = Math.min(size, TAIL_BYTES);
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
    const lines = buffer.toString("utf8").split("\n");
    for (const line of lines.slice(0, -1).reverse()) {
      const metrics = parseLine(line);
      if (metrics !== null) return metrics.step;
    }
    return 0;
  } finally {
    await file.close();
  }
}

/** Where in a file the line after a step begins; forgotten when the file is replaced, as a resumed run does. */
interface Marks {
  readonly inode: number;
  readonly offsets: Map<number, number>;
}

/** Reads metrics a piece at a time, so that neither a long run nor many followers hold up the server. */
export class RunReader {
  readonly #folder: string;
  readonly #marks = new Map<string, Marks>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Throws `SERVER_NOT_FOUND` for a run that is not there; an id is a name, never a path. */
  async read(id: string, after: number): Promise<RunMetrics> {
    const isName = id === "." || (basename(id) === id && id !== ".." && !id.includes("\0"));
    const path = runPaths(join(this.#folder, id)).metrics;
    const file = isName ? await open(path, "r").catch(() => null) : null;
    if (file === null) throw new ClinicalBertError("SERVER_NOT_FOUND", "There is no such run.");
    try {
      const { ino, size } = await file.stat();
      const marks = this.#marksOf(id, ino);
      const start = nearestMark(marks, after, size);
      const length = Math.min(size - start, PIECE_BYTES);
      const { buffer } = await file.read(Buffer.alloc(length), 0, length, start);
      // What follows the last line feed is still being written, or comes with the next piece.
      const end = buffer.lastIndexOf(10) + 1;
      const lines = buffer.toString("utf8", 0, end).split("\n").map(parseLine);
      const known = lines.filter((line) => line !== null);
      const last = known.at(-1)?.step ?? after;
      if (end > 0) marks.offsets.set(last, start + end);
      const metrics = known.filter(({ step }) => step > after);
      return { id, metrics, after: Math.max(after, last), more: end > 0 && start + length < size };
    } finally {
      await file.close();
    }
  }

  #marksOf(id: string, inode: number): Marks {
    const known = this.#marks.get(id);
    if (known?.inode === inode) return known;
    const made: Marks = { inode, offsets: new Map([[0, 0]]) };
    this.#marks.set(id, made);
    return made;
  }
}

/** The farthest known place whose lines are all still to be read or before `after`. */
function nearestMark({ offsets }: Marks, after: number, size: number): number {
  let nearest = 0;
  for (const [step, offset] of offsets)
    if (step <= after && offset > nearest && offset <= size) nearest = offset;
  return nearest;
}

/** Numbers of a line; anything else in it stays here. */
function parseLine(line: string): MetricsLine | null {
  try {
    const value = JSON.parse(line) as Record<string, unknown>;
    if (typeof value["step"] !== "number") return null;
    const numbers = Object.entries(value).filter((entry): entry is [string, number] => {
      return typeof entry[1] === "number";
    });
    return Object.fromEntries(numbers) as unknown as MetricsLine;
  } catch {
    return null;
  }
}
