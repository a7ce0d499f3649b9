/** @file A pool of worker threads for typed tasks: results in order, bounded work in flight, errors with their codes. */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { ClinicalBertError } from "../errors.js";
import { fromWireError } from "./wire-error.js";
import { type AnswerMessage, END, type TaskMessage } from "./worker-task.js";

export interface WorkerPoolOptions {
  /** Default: one for each processor that this process may use. */
  readonly threads?: number;
  /** Given to the worker's `prepare`; copied once for each thread. */
  readonly data?: unknown;
  /** Ends all threads; open tasks are rejected with its reason. */
  readonly signal?: AbortSignal;
  /** Told when a thread has died, before the open tasks are rejected. */
  onFailure?(error: ClinicalBertError): void;
}

export interface WorkerPool<Input, Output> {
  readonly threads: number;
  /** Does one task on the least busy thread. `transfer` moves buffers instead of copying them. */
  run(input: Input, transfer?: readonly ArrayBuffer[]): Promise<Output>;
  /** Results in the order of `inputs`; reads ahead no further than two tasks a thread. `transferOf` names buffers to move. */
  map(
    inputs: Iterable<Input> | AsyncIterable<Input>,
    transferOf?: (input: Input) => readonly ArrayBuffer[],
  ): AsyncGenerator<Output, void, undefined>;
  /** Ends the threads. Open tasks are rejected as aborted. */
  close(): Promise<void>;
}

interface OpenTask<Output> {
  resolve(output: Output): void;
  reject(error: unknown): void;
}

interface Thread<Output> {
  readonly worker: Worker;
  readonly open: Map<number, OpenTask<Output>>;
}

const TASKS_A_THREAD = 2;
const MOST_MS_TO_END = 5_000;

/**
 * Starts threads that run `module` (a built file that calls `serveTasks`). A thread that dies rejects its tasks with
 * `WORKER_FAILED` and takes the pool down: what a dead thread had in memory cannot be trusted to be elsewhere.
 */
export function startWorkerPool<Input, Output>(
  module: URL,
  { threads = availableParallelism(), data, signal, onFailure }: WorkerPoolOptions = {},
): WorkerPool<Input, Output> {
  let ended: unknown = null;
  let nextId = 0;
  const pool: Thread<Output>[] = [];

  const end = async (reason: unknown): Promise<void> => {
    if (ended !== null) return;
    ended = reason;
    signal?.removeEventListener("abort", onAbort);
    for (const { open } of pool) {
      for (const task of open.values()) task.reject(reason);
      open.clear();
    }
    await Promise.all(pool.map(({ worker }) => endThread(worker)));
  };
  const onAbort = (): void => void end(signal!.reason);
  const fail = (error: ClinicalBertError): void => {
    if (ended === null) onFailure?.(error);
    void end(error);
  };

  for (let index = 0; index < threads; index++) pool.push(startThread(module, data, fail));
  if (signal?.aborted === true) onAbort();
  else signal?.addEventListener("abort", onAbort);

  const run = (input: Input, transfer: readonly ArrayBuffer[] = []): Promise<Output> => {
    if (ended !== null) return Promise.reject(ended);
    const thread = pool.reduce((least, other) => (other.open.size < least.open.size ? other : least));
    return new Promise((resolve, reject) => {
      const id = nextId++;
      thread.worker.postMessage({ id, input } satisfies TaskMessage<Input>, [...transfer]);
      thread.open.set(id, { resolve, reject });
      thread.worker.ref();
    });
  };

  return {
    threads,
    run,
    async *map(inputs, transferOf = () => []) {
      const running: Promise<Output>[] = [];
      try {
        for await (const input of inputs) {
          const task = run(input, transferOf(input));
          task.catch(() => undefined); // seen when its turn comes, or never after an earlier failure
          running.push(task);
          if (running.length >= threads * TASKS_A_THREAD) yield await running.shift()!;
        }
        while (running.length > 0) yield await running.shift()!;
      } finally {
        await Promise.allSettled(running);
      }
    },
    close: () => end(new ClinicalBertError("ABORTED", "The worker pool was closed.")),
  };
}

/**
 * Lets a thread end itself between two of its turns: onnxruntime aborts the process when it is stopped in a call. One that does
 * not come to it is stopped.
 */
function endThread(worker: Worker): Promise<void> {
  if (worker.threadId === -1) return Promise.resolve();
  return new Promise((resolve) => {
    const late = setTimeout(() => void worker.terminate(), MOST_MS_TO_END);
    worker.once("exit", () => {
      clearTimeout(late);
      resolve();
    });
    worker.ref();
    worker.postMessage(END);
  });
}

function startThread<Output>(
  module: URL,
  data: unknown,
  fail: (error: ClinicalBertError) => void,
): Thread<Output> {
  const worker = new Worker(module, { workerData: data });
  const open = new Map<number, OpenTask<Output>>();
  worker.on("message", (answer: AnswerMessage<Output>) => {
    const task = open.get(answer.id);
    open.delete(answer.id);
    // An idle pool does not keep the process alive.
    if (open.size === 0) worker.unref();
    if ("error" in answer) task?.reject(fromWireError(answer.error));
    else task?.resolve(answer.output);
  });
  // The message of what a worker threw may quote a note: only its kind is passed on.
  worker.on("error", (error: NodeJS.ErrnoException) => fail(workerFailed(error.code ?? error.name)));
  worker.on("messageerror", () => fail(workerFailed("an answer that could not be read")));
  worker.on("exit", (code) => fail(workerFailed(`exit code ${code}`)));
  worker.unref();
  return { worker, open };
}

function workerFailed(why: string): ClinicalBertError {
  return new ClinicalBertError("WORKER_FAILED", `A worker thread ended early (${why}).`, {
    details: { why },
  });
}
