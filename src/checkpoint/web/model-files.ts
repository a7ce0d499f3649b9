/** @file Files of a model at an address, each fetched once and then kept by the browser (Cache Storage). */
import { ClinicalBertError } from "../../errors.js";

export interface WebModelOptions {
  /** Default the global one; for example one that adds a key. */
  readonly fetch?: (url: string, init: { readonly signal?: AbortSignal }) => Promise<Response>;
  /** Keeps the files for the next time; true by default, without effect where the browser has no Cache Storage. */
  readonly keep?: boolean;
  /** What tells versions at one address apart, for example a hash: files kept under another one are not used. */
  readonly revision?: string;
  readonly onProgress?: (file: string, loaded: number, total: number | null) => void;
  readonly signal?: AbortSignal;
}

/** The part of the Cache interface that is used. */
interface FileCache {
  match(url: string): Promise<Response | undefined>;
  put(url: string, response: Response): Promise<void>;
}

/** Name of the cache. Address and revision stand for the content for good. */
const CACHE_NAME = "clinicalbert-models";

export interface ModelFiles {
  /** Absolute, with a slash at its end. */
  readonly address: string;
  /** The bytes of a file; `null` where there is none. Throws `MODEL_FETCH`. */
  read(file: string): Promise<Uint8Array | null>;
}

/** The files under `source`, an address that may be relative to the page. */
export async function openModelFiles(source: string, options: WebModelOptions = {}): Promise<ModelFiles> {
  const base = (globalThis as { location?: { href: string } }).location?.href;
  const address = new URL(source.endsWith("/") ? source : `${source}/`, base).href;
  const cache = options.keep === false ? null : await openCache();
  return {
    address,
    async read(file) {
      const url = `${address}${file}`;
      const key = options.revision === undefined ? url : `${url}?${encodeURIComponent(options.revision)}`;
      const kept = await cache?.match(key);
      if (kept !== undefined) return kept.ok ? new Uint8Array(await kept.arrayBuffer()) : null;
      const bytes = await fetchFile(url, file, options);
      // That a file is absent is kept too: nothing is asked for a second time.
      const response =
        bytes === null ? new Response(null, { status: 404 }) : new Response(bytes as Uint8Array<ArrayBuffer>);
      // A browser that has no room for it still has the model in memory.
      await cache?.put(key, response).catch(() => {});
      return bytes;
    },
  };
}

/** Removes every model that the browser keeps. */
export async function forgetModels(): Promise<void> {
  await cacheStorage()?.delete(CACHE_NAME);
}

function cacheStorage() {
  return (
    globalThis as {
      caches?: { open(name: string): Promise<FileCache>; delete(name: string): Promise<boolean> };
    }
  ).caches;
}

async function openCache(): Promise<FileCache | null> {
  return (
    (await cacheStorage()
      ?.open(CACHE_NAME)
      .catch(() => null)) ?? null
  );
}

async function fetchFile(url: string, file: string, options: WebModelOptions): Promise<Uint8Array | null> {
  const { fetch: get = globalThis.fetch, signal } = options;
  const init = signal === undefined ? {} : { signal };
  const response = await get(url, init).catch((cause: unknown) => {
    signal?.throwIfAborted();
    throw refusal(url, "the server cannot be reached", cause);
  });
  if (response.status === 404) return null;
  if (!response.ok || response.body === null) throw refusal(url, `the server answered ${response.status}`);
  const length = Number(response.headers.get("content-length") ?? Number.NaN);
  // The length of a compressed answer is not that of the file.
  const total = Number.isSafeInteger(length) && !response.headers.has("content-encoding") ? length : null;
  return collect(response.body, url, total, (loaded) => options.onProgress?.(file, loaded, total));
}

/** A known length is allocated once. */
async function collect(
  body: ReadableStream<Uint8Array>,
  url: string,
  total: number | null,
  onLoaded: (loaded: number) => void,
): Promise<Uint8Array> {
  const whole = total === null ? null : new Uint8Array(total);
  const chunks: Uint8Array[] = [];
  let loaded = 0;
  const reader = body.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    if (whole === null) chunks.push(part.value);
    else if (loaded + part.value.length <= whole.length) whole.set(part.value, loaded);
    loaded += part.value.length;
    onLoaded(loaded);
  }
  if (whole === null)
    return new Uint8Array(await new Blob(chunks as Uint8Array<ArrayBuffer>[]).arrayBuffer());
  if (loaded !== whole.length) throw refusal(url, `${loaded} bytes came of ${whole.length}`);
  return whole;
}

function refusal(url: string, why: string, cause?: unknown): ClinicalBertError {
  return new ClinicalBertError("MODEL_FETCH", `${url}: ${why}.`, { details: { url }, cause });
}
