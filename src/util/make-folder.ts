/** @file Makes a folder and its parents, for their owner only. */
import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { ClinicalBertError } from "../errors.js";
import { fileError } from "./file-error.js";

/**
 * `mkdir -p`. Not Node's own `recursive`, which never returns where the system says ENOENT for a name that cannot be made
 * (under /proc). Throws `FILE_ACCESS` or `DISK_FULL`.
 */
export async function makeFolder(path: string): Promise<void> {
  const first = await tryMake(path);
  if (first === null) return;
  if (first.code === "ENOENT" && dirname(path) !== path) {
    await makeFolder(dirname(path));
    const second = await tryMake(path);
    if (second === null) return;
    if (second.code === "ENOENT")
      throw new ClinicalBertError("FILE_ACCESS", `The folder ${path} cannot be made.`, { details: { path } });
    throw fileError(second, path);
  }
  throw fileError(first, path);
}

/** Null when the folder is there afterwards. */
async function tryMake(path: string): Promise<NodeJS.ErrnoException | null> {
  try {
    await mkdir(path, { mode: 0o700 });
    return null;
  } catch (error) {
    const failure = error as NodeJS.ErrnoException;
    if (failure.code !== "EEXIST") return failure;
    return (await isFolder(path)) ? null : failure;
  }
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isDirectory() === true;
}
