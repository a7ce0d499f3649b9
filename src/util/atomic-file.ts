/** @file Files that appear under their final name only when they are whole: temporary name, sync, rename, sync of the folder. */
import { randomBytes } from "node:crypto";
import { constants, type FileHandle, open, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ClinicalBertError } from "../errors.js";
import { fileError } from "./file-error.js";

/** Everything a run writes is PHI: owner only, whatever the umask of the process. */
const PRIVATE = 0o600;

export interface AtomicFile {
  /** Appends bytes or UTF-8 text. */
  write(chunk: Uint8Array | string): Promise<void>;
  /** Overwrites bytes at a position already written (headers that are known last). */
  writeAt(chunk: Uint8Array, position: number): Promise<void>;
  /** Syncs and renames; after it the file is there for good. */
  commit(): Promise<void>;
  /** Removes the temporary file; harmless after `commit`. */
  discard(): Promise<void>;
}

/**
 * Opens `path` for atomic writing; where it is a symbolic link, the file behind it. The folder must exist. Throws
 * `FILE_ACCESS` (also for a device or a pipe, which a rename would replace), `FILE_NOT_FOUND`, `DISK_FULL`.
 */
export async function openAtomic(path: string): Promise<AtomicFile> {
  const target = await realpath(path).catch(() => path);
  const temporary = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString("hex")}.tmp`);
  let handle: FileHandle | null;
  try {
    if (await isSpecial(target))
      throw new ClinicalBertError("FILE_ACCESS", `${path} is a device or a pipe, no file.`, {
        details: { path },
      });
    handle = await open(temporary, constants.O_CREAT | constants.O_EXCL | constants.O_RDWR, PRIVATE);
  } catch (error) {
    throw fileError(error, path);
  }
  let position = 0;
  const writeAll = async (bytes: Uint8Array, at: number): Promise<void> => {
    try {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await handle!.write(bytes, done, bytes.length - done, at + done);
        done += bytesWritten;
      }
    } catch (error) {
      await discard();
      throw fileError(error, path);
    }
  };
  const discard = async (): Promise<void> => {
    if (handle === null) return;
    const closing = handle;
    handle = null;
    await closing.close().catch(() => undefined);
    await rm(temporary, { force: true });
  };
  return {
    async write(chunk) {
      const bytes = typeof chunk === "string" ? Buffer.from(chunk, "utf8") : chunk;
      await writeAll(bytes, position);
      position += bytes.length;
    },
    writeAt: writeAll,
    async commit() {
      try {
        await handle!.sync();
        await handle!.close();
        handle = null;
        await rename(temporary, target);
        await syncFolder(dirname(target));
      } catch (error) {
        await rm(temporary, { force: true });
        throw fileError(error, path);
      }
    },
    discard,
  };
}

/** True for what is neither a file nor a folder: devices, pipes, sockets. */
export async function isSpecial(path: string): Promise<boolean> {
  const info = await stat(path).catch(() => null);
  return info !== null && !info.isFile() && !info.isDirectory();
}

/** Writes a whole small file atomically. */
export async function writeAtomic(path: string, contents: Uint8Array | string): Promise<void> {
  const file = await openAtomic(path);
  await file.write(contents);
  await file.commit();
}

/** Makes a rename durable. Folders cannot be opened for syncing on Windows; there the rename itself has to do. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const folder = await open(path, constants.O_RDONLY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
