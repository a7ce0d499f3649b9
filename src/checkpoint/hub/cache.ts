/** @file The cache of the hub on disk, in the layout that Python's huggingface_hub shares: blobs, snapshots, refs. */
import { copyFile, readFile, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { writeAtomic } from "../../util/atomic-file.js";
import { makeFolder } from "../../util/make-folder.js";
import type { HubSettings } from "./settings.js";

const COMMIT = /^[0-9a-f]{40}$/;

/** `models--emilyalsentzer--Bio_ClinicalBERT` in the cache. */
export function modelCache({ cacheDir }: HubSettings, id: string): string {
  return join(cacheDir, `models--${id.replaceAll("/", "--")}`);
}

/** The commit that a revision stood for when it was last fetched; `null` when it never was. */
export async function cachedCommit(settings: HubSettings, id: string): Promise<string | null> {
  const { revision } = settings;
  if (COMMIT.test(revision)) return revision;
  const text = await readFile(join(modelCache(settings, id), "refs", revision), "utf8").catch(() => "");
  return COMMIT.test(text.trim()) ? text.trim() : null;
}

/** Path of a cached file of a commit; `null` when it is not there. */
export async function cachedFile(
  settings: HubSettings,
  id: string,
  commit: string,
  file: string,
): Promise<string | null> {
  const path = join(modelCache(settings, id), "snapshots", commit, file);
  return (await stat(path).catch(() => null))?.isFile() === true ? path : null;
}

/** Whether an earlier run saw that the commit does not have the file. */
export async function knownAbsent(
  settings: HubSettings,
  id: string,
  commit: string,
  file: string,
): Promise<boolean> {
  return (await stat(absentMark(settings, id, commit, file)).catch(() => null)) !== null;
}

export async function rememberAbsent(
  settings: HubSettings,
  id: string,
  commit: string,
  file: string,
): Promise<void> {
  const path = absentMark(settings, id, commit, file);
  await makeFolder(dirname(path));
  await writeFile(path, "");
}

function absentMark(settings: HubSettings, id: string, commit: string, file: string): string {
  return join(modelCache(settings, id), ".no_exist", commit, file);
}

export async function rememberCommit(settings: HubSettings, id: string, commit: string): Promise<void> {
  if ((await cachedCommit(settings, id)) === commit) return;
  const path = join(modelCache(settings, id), "refs", settings.revision);
  await makeFolder(dirname(path));
  await writeAtomic(path, commit);
}

/** Makes `snapshots/<commit>/<file>` point at a blob (a copy where links are forbidden), and returns its path. */
export async function linkBlob(
  settings: HubSettings,
  id: string,
  commit: string,
  file: string,
  blob: string,
): Promise<string> {
  const path = join(modelCache(settings, id), "snapshots", commit, file);
  await makeFolder(dirname(path));
  const temporary = `${path}.${process.pid}.tmp`;
  await rm(temporary, { force: true });
  await symlink(relative(dirname(path), blob), temporary).catch(() => copyFile(blob, temporary));
  await rename(temporary, path);
  return path;
}
