/** @file Removes what a job of this package wrote, and refuses anything else. */
import { lstat, readdir, readFile, realpath, rm, rmdir } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { ClinicalBertError } from "../errors.js";
import { fileError } from "../util/file-error.js";

/** The file by which a folder of each kind is known, and the beginning of its `format`. The first that is there counts. */
const MARKS = [
  { file: "recipe.json", format: "clinicalbert-", kind: "run" },
  { file: "stages.json", format: "clinicalbert-stages", kind: "unfinished run" },
  { file: "demo.json", format: "clinicalbert-demo", kind: "demonstration" },
  { file: "manifest.json", format: "clinicalbert-corpus", kind: "corpus" },
] as const;

export interface PurgePlan {
  readonly folder: string;
  readonly kind: string;
  readonly files: number;
  readonly bytes: number;
}

/** Looks at a folder. Throws `RUN_FOLDER` when nothing marks it as made by this package, or when it holds the current folder. */
export async function planPurge(folder: string): Promise<PurgePlan> {
  const refuse = (why: string): ClinicalBertError =>
    new ClinicalBertError("RUN_FOLDER", `${folder} ${why}.`, { details: { folder } });
  const info = await lstat(folder).catch((error) => Promise.reject(fileError(error, folder)));
  if (!info.isDirectory())
    throw refuse(info.isSymbolicLink() ? "is a link, and links are not followed" : "is no folder");
  const inside = relative(await realpath(folder), await realpath(process.cwd()));
  if (!inside.startsWith("..")) throw refuse("holds the folder that this command was started in");
  const mark = await findMark(folder);
  if (mark === null) throw refuse(`has none of ${MARKS.map(({ file }) => file).join(", ")} of this package`);
  const total = { files: 0, bytes: 0 };
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isDirectory()) continue;
    total.files++;
    total.bytes += (await lstat(join(entry.parentPath, entry.name))).size;
  }
  return { folder: resolve(folder), kind: mark.kind, ...total };
}

/** Removes the folder of a plan, its mark last: a purge that was stopped can be started again. */
export async function purge({ folder }: PurgePlan): Promise<void> {
  const marks: readonly string[] = MARKS.map(({ file }) => file);
  try {
    const names = await readdir(folder);
    for (const name of names.filter((each) => !marks.includes(each)))
      await rm(join(folder, name), { recursive: true, force: true });
    for (const name of marks) await rm(join(folder, name), { force: true });
    await rmdir(folder);
  } catch (error) {
    throw fileError(error, folder);
  }
}

async function findMark(folder: string): Promise<(typeof MARKS)[number] | null> {
  for (const mark of MARKS) {
    try {
      const { format } = JSON.parse(await readFile(join(folder, mark.file), "utf8")) as { format?: unknown };
      if (typeof format === "string" && format.startsWith(mark.format)) return mark;
    } catch {
      // Not there, or not ours: the next one may be.
    }
  }
  return null;
}
