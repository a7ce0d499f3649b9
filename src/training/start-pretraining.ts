/** @file Starts a pretraining run in a worker thread and follows it. */
import { Worker } from "node:worker_threads";
import { ClinicalBertError } from "../errors.js";
import { fromWireError } from "../util/wire-error.js";
import type { PretrainJob, PretrainOutcome } from "./pretrain.js";
import type { PretrainMessage, PretrainWorkerData } from "./pretrain-worker.js";
import type { PretrainEvent } from "./training-loop.js";

export interface StartPretrainingOptions {
  /** Stops the run after the micro-batch at hand; the outcome then says `finished: false`. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: PretrainEvent) => void;
}

/** Runs or continues `job`; rejects with the error of the run, or `WORKER_FAILED` when its thread dies. */
export function startPretraining(
  job: PretrainJob,
  { signal, onEvent }: StartPretrainingOptions = {},
): Promise<PretrainOutcome> {
  const stop = new SharedArrayBuffer(4);
  const askToStop = (): void => void Atomics.store(new Int32Array(stop), 0, 1);
  if (signal?.aborted === true) askToStop();
  signal?.addEventListener("abort", askToStop, { once: true });
  const workerData: PretrainWorkerData = { job, stop };
  const worker = new Worker(new URL("./pretrain-worker.js", import.meta.url), { workerData });
  return new Promise<PretrainOutcome>((resolve, reject) => {
    worker.on("message", (message: PretrainMessage) => {
      if (message.kind === "event") onEvent?.(message.event);
      else if (message.kind === "outcome") resolve(message.outcome);
      else reject(fromWireError(message.error));
    });
    worker.on("error", (error) =>
      reject(new ClinicalBertError("WORKER_FAILED", `The training thread failed (${error.name}).`)),
    );
    worker.on("exit", (code) =>
      reject(new ClinicalBertError("WORKER_FAILED", `The training thread ended with code ${code}.`)),
    );
  }).finally(() => signal?.removeEventListener("abort", askToStop));
}
