/** @file The two workers of the page: one reads notes, one runs models, so that a long run never holds up a note. */
import type { ModelInfo } from "../../src/server/api.js";
import { authorization } from "../api/server.js";
import { startWorker } from "./client.js";
import type { FetchProgress, ModelAddress } from "./messages.js";

const listeners = new Set<(progress: FetchProgress) => void>();

function tell(progress: FetchProgress): void {
  for (const listener of listeners) listener(progress);
}

export const noteWorker = startWorker(() => {});
export const modelWorker = startWorker(tell);

/** Told of files of models while they are fetched; the result unsubscribes. */
export function onFetchProgress(listener: (progress: FetchProgress) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Where the files of a model of this server are. */
export function addressOf({ id, revision, files, dtype }: ModelInfo): ModelAddress {
  const path = `models/${encodeURIComponent(id)}/files/`;
  return {
    url: new URL(path, document.baseURI).href,
    revision,
    files: Object.keys(files),
    authorization: authorization(),
    dtype,
  };
}
