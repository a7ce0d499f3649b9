/** @file Calls into a worker as promises. */
import type { CallName, FetchProgress, WorkerCalls, WorkerMessage } from "./messages.js";

interface Waiting {
  resolve(value: never): void;
  reject(error: Error): void;
}

export interface WorkerClient {
  call<K extends CallName>(
    name: K,
    args: Parameters<WorkerCalls[K]>,
    signal?: AbortSignal,
  ): Promise<ReturnType<WorkerCalls[K]>>;
}

/** Starts a worker. A call whose signal is aborted rejects at once; the worker finishes it unheard. */
export function startWorker(onProgress: (progress: FetchProgress) => void): WorkerClient {
  const worker = new Worker(new URL("./library-worker.ts", import.meta.url), { type: "module" });
  const waiting = new Map<number, Waiting>();
  let last = 0;
  worker.addEventListener("message", ({ data }: MessageEvent<WorkerMessage>) => {
    if (data.kind === "progress") return onProgress(data.progress);
    const call = waiting.get(data.id);
    waiting.delete(data.id);
    if (data.kind === "result") call?.resolve(data.result as never);
    else call?.reject(new Error(data.message));
  });
  worker.addEventListener("error", () => {
    for (const { reject } of waiting.values()) reject(new Error("The worker of this page has failed."));
    waiting.clear();
  });
  return {
    call(name, args, signal) {
      return new Promise((resolve, reject) => {
        const id = ++last;
        waiting.set(id, { resolve, reject });
        signal?.addEventListener("abort", () => {
          waiting.delete(id);
          reject(signal.reason as Error);
        });
        worker.postMessage({ id, name, args });
      });
    },
  };
}
