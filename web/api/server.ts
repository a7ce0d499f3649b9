/** @file The routes of `clinicalbert serve` as functions: typed, with the key of the session, patient when the server is busy. */
import type { ErrorBody } from "../../src/server/api.js";

/** An answer that is not 2xx, or none. `status` is 0 when the server cannot be reached. */
export class ServiceError extends Error {
  override readonly name = "ServiceError";

  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

const KEY_NAME = "clinicalbert-api-key";
const MOST_TRIES = 4;
const LONGEST_WAIT_S = 10;

/** The key lives as long as the tab. */
export function setApiKey(key: string): void {
  sessionStorage.setItem(KEY_NAME, key);
}

/** `fetch` from this origin with the key of the session; also what the browser runtime fetches models with. */
export function fetchHere(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  const key = sessionStorage.getItem(KEY_NAME);
  if (key !== null) headers.set("authorization", `Bearer ${key}`);
  return fetch(path, { ...init, headers, credentials: "omit", cache: "no-store" });
}

export function authorization(): string | null {
  const key = sessionStorage.getItem(KEY_NAME);
  return key === null ? null : `Bearer ${key}`;
}

export function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  return request<T>(path, signal === undefined ? {} : { signal });
}

export function postJson<T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> {
  return request<T>(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  });
}

/** A busy server (429, 503) is asked again when it says, a few times. */
async function request<T>(path: string, init: RequestInit): Promise<T> {
  for (let tries = 1; ; tries++) {
    const response = await fetchHere(path, init).catch((error: unknown) => {
      if (error instanceof DOMException && error.name === "AbortError") throw error;
      throw new ServiceError(0, "The server cannot be reached.");
    });
    if (response.ok) return (await response.json()) as T;
    const busy = response.status === 429 || response.status === 503;
    const wait = Number(response.headers.get("retry-after") ?? 1);
    if (!busy || tries === MOST_TRIES || wait > LONGEST_WAIT_S)
      throw new ServiceError(response.status, await messageOf(response));
    await pause(wait * 1000, init.signal ?? undefined);
  }
}

async function messageOf(response: Response): Promise<string> {
  if (response.status === 401 || response.status === 403) return "This server wants an API key.";
  const body = (await response.json().catch(() => null)) as ErrorBody | null;
  return typeof body?.error === "string" ? body.error : `The server answered ${response.status}.`;
}

function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    });
  });
}
