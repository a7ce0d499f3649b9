/** @file A long job in a worker thread: onnxruntime blocks the thread that it is called from, and that must not be the one that hears signals. */
import { parentPort, Worker, workerData } from "node:worker_threads";
import { ClinicalBertError, internalError } from "../errors.js";
import { fromWireError, toWireError, type WireError } from "./wire-error.js";

interface StoppableWorkerData<Job> {
  readonly job: Job;
  /** One int32: not 0 asks the job to stop. */
  readonly stop: SharedArrayBuffer;
}

type StoppableMessage<Event, Outcome> =
  | { readonly kind: "event"; readonly event: Event }
  | { readonly kind: "outcome"; readonly outcome: Outcome }
  | { readonly kind: "error"; readonly error: WireError };

/** What a job is given beside its data. */
export interface StoppableHooks<Event> {
  readonly onEvent: (event: Event) => void;
  /** Asked often; when it says yes, the job saves what it has and returns. */
  readonly stopped: () => boolean;
}

export interface FollowOptions<Event> {
  /** Asks the job to stop. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: Event) => void;
}

/** The whole of a worker's module: runs the job that it was started with. Jobs, events and outcomes are plain data. */
export async function serveJob<Job, Event, Outcome>(
  run: (job: Job, hooks: StoppableHooks<Event>) => Promise<Outcome>,
): Promise<void> {
  if (parentPort === null) throw internalError("a worker's module was not started as a worker.");
  const port = parentPort;
  const send = (message: StoppableMessage<Event, Outcome>): void => port.postMessage(message);
  const { job, stop } = workerData as StoppableWorkerData<Job>;
  const flag = new Int32Array(stop);
  try {
    const outcome = await run(job, {
      onEvent: (event) => send({ kind: "event", event }),
      stopped: () => Atomics.load(flag, 0) !== 0,
    });
    send({ kind: "outcome", outcome });
  } catch (error) {
    send({ kind: "error", error: toWireError(error) });
  }
}

/** Starts the worker `module` on `job`; rejects with the error of the job, or `WORKER_FAILED` when its thread dies. */
export function followJob<Job, Event, Outcome>(
  module: URL,
  job: Job,
  { signal, onEvent }: FollowOptions<Event> = {},
): Promise<Outcome> {
  const stop = new SharedArrayBuffer(4);
  const askToStop = (): void => void Atomics.store(new Int32Array(stop), 0, 1);
  if (signal?.aborted === true) askToStop();
  signal?.addEventListener("abort", askToStop, { once: true });
  const data: StoppableWorkerData<Job> = { job, stop };
  const worker = new Worker(module, { workerData: data });
  return new Promise<Outcome>((resolve, reject) => {
    worker.on("message", (message: StoppableMessage<Event, Outcome>) => {
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
