/** @file Unpacks a `.tar.gz` of a model, as BioBERT is shipped, into the cache; once for each archive. */
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { open, readdir, rename, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { Parser, type ReadEntry } from "tar";
import { ClinicalBertError } from "../errors.js";
import { fileError } from "../util/file-error.js";
import { makeFolder } from "../util/make-folder.js";
import { damaged, quoteName } from "./weights.js";

/** Weights hardly shrink; zeros of unused optimizer slots do, a thousandfold. */
const LARGEST_RATIO = 200;
const ALWAYS_ALLOWED = 1 << 26;
const MOST_FILES = 1000;
/** What a model is made of; anything else in the archive is left there. */
const WANTED = /\.(?:index|data-\d{5}-of-\d{5}|json|txt|bin|pt|safetensors|msgpack)$/;

/**
 * The folder with the files of the archive at `path`. Entries are written under their plain names; links, names with
 * `..`, absolute names, two entries of one name and expansion beyond all measure are refused.
 */
export async function unpackArchive(path: string, signal?: AbortSignal): Promise<string> {
  const { size, mtimeMs } = await stat(path).catch((error) => Promise.reject(fileError(error, path)));
  const key = createHash("sha256")
    .update(`${resolve(path)}\n${size}\n${mtimeMs}`)
    .digest("hex")
    .slice(0, 32);
  const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "clinicalbert", "unpacked");
  const folder = join(cache, key);
  if ((await readdir(folder).catch(() => [])).length > 0) return folder;
  const temporary = join(cache, `.${key}.${randomBytes(4).toString("hex")}.tmp`);
  await makeFolder(temporary);
  try {
    await unpackInto(path, size, temporary, signal);
    await rename(temporary, folder).catch(async (error) => {
      // Another process was faster; its folder is as good.
      if ((await readdir(folder).catch(() => [])).length === 0) throw fileError(error, folder);
    });
    return folder;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function unpackInto(path: string, size: number, folder: string, signal?: AbortSignal): Promise<void> {
  const limit = Math.max(ALWAYS_ALLOWED, size * LARGEST_RATIO);
  const seen = new Set<string>();
  const parser = new Parser({ strict: true });
  const failed = new AbortController();
  const writeEntry = async (entry: ReadEntry): Promise<void> => {
    const name = requireHarmless(path, entry);
    const wanted = entry.type === "File" && WANTED.test(name) && !name.startsWith(".");
    if (wanted && seen.has(name)) throw unsafe(path, `has two files named ${quoteName(name)}`);
    if (wanted) seen.add(name);
    if (seen.size > MOST_FILES) throw unsafe(path, `has more than ${MOST_FILES} files`);
    const file = wanted ? await open(join(folder, name), "wx", 0o600) : null;
    try {
      for await (const chunk of entry) await file?.write(chunk);
    } finally {
      await file?.close();
    }
  };
  let queue = Promise.resolve();
  parser.on("entry", (entry: ReadEntry) => {
    queue = queue.then(() => writeEntry(entry)).catch((error) => failed.abort(error));
  });
  parser.on("error", (error: unknown) => failed.abort(error));
  const stop = AbortSignal.any(signal === undefined ? [failed.signal] : [failed.signal, signal]);
  const feed = async (chunks: AsyncIterable<Buffer>): Promise<void> => {
    let total = 0;
    for await (const chunk of chunks) {
      total += chunk.length;
      // Aborting, not throwing: the pipeline would hide the reason behind its own AbortError.
      if (total > limit) failed.abort(unsafe(path, `unpacks to more than ${limit} bytes`));
      failed.signal.throwIfAborted();
      if (!parser.write(chunk)) await once(parser, "drain", { signal: stop });
    }
    const ended = once(parser, "end", { signal: stop });
    parser.end();
    await ended;
  };
  try {
    await pipeline(createReadStream(path), createGunzip(), feed, { signal: stop });
    await queue;
    failed.signal.throwIfAborted();
  } catch (error) {
    const cause: unknown = failed.signal.aborted ? failed.signal.reason : error;
    signal?.throwIfAborted();
    if (cause instanceof ClinicalBertError || (cause as NodeJS.ErrnoException).syscall !== undefined)
      throw fileError(cause, path);
    throw damaged(path, "it is no whole gzip archive of tar files");
  } finally {
    failed.abort();
  }
  if (seen.size === 0) throw damaged(path, "the archive has no files of a model");
}

/** The plain name of an entry. */
function requireHarmless(path: string, entry: ReadEntry): string {
  const { path: name, type } = entry;
  if (name.startsWith("/") || /^[A-Za-z]:/.test(name) || name.split(/[\\/]/).includes(".."))
    throw unsafe(path, `has an entry ${quoteName(name)} outside its folder`);
  if (!["File", "Directory", "OldFile", "ContiguousFile"].includes(type))
    throw unsafe(path, `has an entry ${quoteName(name)} that is a ${type}, not a file`);
  return basename(name);
}

function unsafe(path: string, what: string): ClinicalBertError {
  return new ClinicalBertError("ARCHIVE_UNSAFE", `${path} ${what}.`, { details: { path } });
}
