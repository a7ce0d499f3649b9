/** @file Fetches one file of the hub into the cache: resumed by Range, tried again after faults, checked against its hash. */
import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ClinicalBertError } from "../../errors.js";
import { fileError } from "../../util/file-error.js";
import { makeFolder } from "../../util/make-folder.js";
import { modelCache } from "./cache.js";
import { type HubSettings, hubToken } from "./settings.js";

/** What the hub says of a file. */
export interface RemoteFile {
  readonly commit: string;
  /** SHA-256 of a large file, SHA-1 of git's blob of a small one, or an opaque tag of another server. */
  readonly etag: string;
  readonly size: number | null;
  readonly url: string;
}

const TRIES = 6;
/** A machine without a network should hear so soon. */
const UNREACHABLE_TRIES = 3;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10_000;
/** A connection that gives nothing for so long is given up and resumed. */
const STALL_MS = 30_000;
const RETRIED = new Set([408, 429, 500, 502, 503, 504]);

class RetryLater extends Error {
  constructor(
    message: string,
    readonly pauseMs: number | null = null,
  ) {
    super(message);
  }
}

/** Asks for commit, hash and size; `null` when the model is there and the file is not. */
export async function lookUp(settings: HubSettings, id: string, file: string): Promise<RemoteFile | null> {
  const { endpoint, revision } = settings;
  const path = file.split("/").map(encodeURIComponent).join("/");
  let url = `${endpoint}/${id}/resolve/${encodeURIComponent(revision)}/${path}`;
  for (let hops = 0; hops < 5; hops++) {
    const response = await request(settings, url, { method: "HEAD", redirect: "manual" });
    const location = response.headers.get("location") ?? "";
    const described = response.headers.has("x-repo-commit") && response.headers.has("x-linked-etag");
    // A relative redirect is a renamed model; another one leads to the bytes, and what they are stands here already.
    if (response.status >= 300 && response.status < 400 && location.startsWith("/") && !described) {
      url = new URL(location, url).href;
      continue;
    }
    const reason = response.headers.get("x-error-code") ?? "EntryNotFound";
    if (response.status === 404 && reason === "EntryNotFound") return null;
    if (response.status >= 400) throw refused(id, revision, response.status);
    return describe(url, response.headers);
  }
  throw unavailable(`${id} redirects without an end`);
}

function describe(url: string, headers: Headers): RemoteFile {
  const commit = headers.get("x-repo-commit") ?? "";
  const etag = (headers.get("x-linked-etag") ?? headers.get("etag") ?? "").replace(/^W\/|"/g, "");
  // A proxy that compresses all the same counts compressed bytes; those that arrive are not.
  const compressed = (headers.get("content-encoding") ?? "identity") !== "identity";
  const size = headers.get("x-linked-size") ?? (compressed ? null : headers.get("content-length"));
  if (!/^[0-9a-f]{40}$/.test(commit) || !/^[A-Za-z0-9_-]{1,128}$/.test(etag))
    throw unavailable(`${new URL(url).origin} does not answer as a hub: no commit or etag`);
  return { commit, etag, size: size === null ? null : Number(size), url };
}

/** Fetches the bytes into `blobs/<etag>` unless they are there, and returns its path. */
export async function fetchBlob(
  settings: HubSettings,
  id: string,
  file: string,
  remote: RemoteFile,
): Promise<string> {
  const blob = join(modelCache(settings, id), "blobs", remote.etag);
  if ((await stat(blob).catch(() => null)) !== null) return blob;
  await makeFolder(dirname(blob));
  const partial = `${blob}.incomplete`;
  let lastFault = "";
  for (let attempt = 0; attempt < TRIES; attempt++) {
    try {
      await fetchRest(settings, file, remote, partial);
      if (await matches(partial, remote)) {
        await rename(partial, blob);
        return blob;
      }
      await rm(partial, { force: true });
      lastFault = "checksum";
    } catch (error) {
      if (!(error instanceof RetryLater)) throw fileError(error, partial);
      lastFault = error.message;
      await pause(settings, attempt, error.pauseMs);
    }
    settings.signal?.throwIfAborted();
  }
  if (lastFault !== "checksum") throw unavailable(`${file} of ${id}: ${lastFault} after ${TRIES} tries`);
  throw new ClinicalBertError(
    "HUB_CHECKSUM",
    `${file} of ${id} does not match its checksum ${remote.etag} after ${TRIES} tries.`,
    { details: { id, file, etag: remote.etag } },
  );
}

/** Appends what is missing to `partial`. */
async function fetchRest(
  settings: HubSettings,
  file: string,
  remote: RemoteFile,
  partial: string,
): Promise<void> {
  let done = (await stat(partial).catch(() => null))?.size ?? 0;
  if (remote.size !== null && done > remote.size) done = 0;
  if (remote.size !== null && done === remote.size && done > 0) return;
  const stall = new AbortController();
  const response = await request(settings, remote.url, {
    headers: done > 0 ? { range: `bytes=${done}-` } : {},
    signal: stall.signal,
  });
  if (response.status === 416) {
    await rm(partial, { force: true });
    throw new RetryLater("the range was refused", 0);
  }
  if (response.status >= 400) throw retryOrRefuse(remote.url, response);
  // A server that ignores the range, or another range than asked for, starts from the beginning.
  if (response.status !== 206 || !response.headers.get("content-range")?.startsWith(`bytes ${done}-`))
    done = 0;
  if (response.status === 206 && done === 0) throw new RetryLater("another range was sent than asked for");
  const handle = await open(partial, done === 0 ? "w" : "r+", 0o600);
  let timer = setTimeout(() => stall.abort(), STALL_MS);
  try {
    for await (const chunk of response.body ?? []) {
      clearTimeout(timer);
      timer = setTimeout(() => stall.abort(), STALL_MS);
      await handle.write(chunk, 0, chunk.length, done);
      done += chunk.length;
      if (remote.size !== null && done > remote.size) throw new RetryLater("more bytes came than announced");
      settings.onProgress?.(file, done, remote.size);
    }
    await handle.sync();
  } catch (error) {
    settings.signal?.throwIfAborted();
    if (error instanceof RetryLater || (error as NodeJS.ErrnoException).syscall === "write") throw error;
    throw new RetryLater("the connection broke");
  } finally {
    clearTimeout(timer);
    await handle.close();
  }
  if (remote.size !== null && done < remote.size)
    throw new RetryLater(`the connection ended at byte ${done}`);
}

async function matches(path: string, { etag, size }: RemoteFile): Promise<boolean> {
  const length = (await stat(path)).size;
  if (size !== null && length !== size) return false;
  let hash: Hash;
  if (/^[0-9a-f]{64}$/.test(etag)) hash = createHash("sha256");
  else if (/^[0-9a-f]{40}$/.test(etag)) hash = createHash("sha1").update(`blob ${length}\0`);
  else return true;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest("hex") === etag;
}

/** One HTTP request, with the token; faults of the network are turned into `RetryLater` or `HUB_UNAVAILABLE`. */
async function request(
  settings: HubSettings,
  url: string,
  init: { method?: "HEAD"; redirect?: "manual"; headers?: Record<string, string>; signal?: AbortSignal },
): Promise<Response> {
  const token = await hubToken(settings);
  // The token goes to the hub alone; fetch drops it when a redirect leads to another origin.
  const authorization = token === null ? {} : { authorization: `Bearer ${token}` };
  const headers = {
    "user-agent": "clinicalbert",
    "accept-encoding": "identity",
    ...init.headers,
    ...authorization,
  };
  const signals = [settings.signal, init.signal].filter((signal) => signal !== undefined);
  const isHead = init.method === "HEAD";
  for (let attempt = 0; ; attempt++) {
    try {
      const response = await fetch(url, { ...init, headers, signal: AbortSignal.any(signals) });
      if (!isHead || !RETRIED.has(response.status) || attempt === TRIES - 1) return response;
      await pause(settings, attempt, retryAfter(response));
    } catch {
      settings.signal?.throwIfAborted();
      if (!isHead) throw new RetryLater("the connection failed");
      if (attempt === UNREACHABLE_TRIES - 1) throw unavailable(`${new URL(url).origin} cannot be reached`);
      await pause(settings, attempt, null);
    }
  }
}

function retryOrRefuse(url: string, response: Response): Error {
  if (RETRIED.has(response.status)) return new RetryLater(`status ${response.status}`, retryAfter(response));
  return unavailable(`${new URL(url).origin} answered with status ${response.status}`);
}

function retryAfter(response: Response): number | null {
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  return Number.isFinite(seconds) ? Math.min(seconds * 1000, LONGEST_PAUSE_MS) : null;
}

async function pause({ signal }: HubSettings, attempt: number, wanted: number | null): Promise<void> {
  const milliseconds = wanted ?? Math.min(FIRST_PAUSE_MS * 2 ** attempt, LONGEST_PAUSE_MS);
  await sleep(milliseconds, undefined, signal === undefined ? {} : { signal });
}

function refused(id: string, revision: string, status: number): ClinicalBertError {
  if ([401, 403, 404].includes(status))
    return new ClinicalBertError(
      "HUB_NOT_FOUND",
      `The hub has no model ${JSON.stringify(id)} at revision ${JSON.stringify(revision)} (status ${status}).`,
      { details: { id, revision, status } },
    );
  return unavailable(`${id}: status ${status}`);
}

function unavailable(what: string): ClinicalBertError {
  return new ClinicalBertError("HUB_UNAVAILABLE", `The hub is not usable: ${what}.`);
}
