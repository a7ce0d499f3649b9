/** @file The worker thread of a pretraining run: onnxruntime blocks the thread that it is called from, and that must not be the one that hears signals. */
import { parentPort, workerData } from "node:worker_threads";
import { internalError } from "../errors.js";
import { toWireError, type WireError } from "../util/wire-error.js";
import { type PretrainJob, type PretrainOutcome, pretrain } from "./pretrain.js";
import type { PretrainEvent } from "./training-loop.js";

export interface PretrainWorkerData {
  readonly job: PretrainJob;
  /** One int32: not 0 asks the run to stop. */
  readonly stop: SharedArrayBuffer;
}

export type PretrainMessage =
  | { readonly kind: "event"; readonly event: PretrainEvent }
  | { readonly kind: "outcome"; readonly outcome: PretrainOutcome }
  | { readonly kind: "error"; readonly error: WireError };

async function main(): Promise<void> {
  if (parentPort === null) throw internalError("the pretraining worker was not started as a worker.");
  const port = parentPort;
  const send = (message: PretrainMessage): void => port.postMessage(message);
  const { job, stop } = workerData as PretrainWorkerData;
  const flag = new Int32Array(stop);
  try {
    const outcome = await pretrain(job, {
      onEvent: (event) => send({ kind: "event", event }),
      stopped: () => Atomics.load(flag, 0) !== 0,
    });
    send({ kind: "outcome", outcome });
  } catch (error) {
    send({ kind: "error", error: toWireError(error) });
  }
}

await main();
