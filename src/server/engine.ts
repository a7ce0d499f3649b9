/** @file The way of a request through the threads of the server: text, model, text again. */
import type { AnswerName } from "./answers/answers.js";
import { Batcher, type BatchReport } from "./batcher.js";
import type { TextReply, TextTask } from "./messages.js";
import type { BatchSettings } from "./settings.js";
import { startModelThreads, startTextThread, type ThreadOptions } from "./threads.js";

export interface EngineOptions extends ThreadOptions {
  readonly batch: BatchSettings;
  onBatch?(batch: BatchReport): void;
}

export interface Answered {
  readonly json: string;
  readonly inputs: number;
  /** That the model read, special tokens with them. */
  readonly tokens: number;
}

export interface Engine {
  readonly batcher: Batcher;
  /**
   * The answer to a body that has passed its schema. Rejects with the signal's reason when it aborts, `SERVER_OVERLOADED`,
   * `WORKER_FAILED` when a thread died on it, and what the pipelines throw.
   */
  answer(name: AnswerName, model: number, body: unknown, signal: AbortSignal): Promise<Answered>;
  /** Ends the threads; what they still do is lost. */
  close(): Promise<void>;
}

/** Loads every model in every model thread and runs each once. */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const { limits, batch, onBatch } = options;
  const text = startTextThread(options);
  const threads = startModelThreads(options, () => batcher.poke());
  const all = [text, ...threads.map(({ thread }) => thread)];
  const close = async (): Promise<void> => {
    await Promise.all(all.map((thread) => thread.close()));
  };
  try {
    await Promise.all(all.map(({ started }) => started));
  } catch (error) {
    await close();
    throw error;
  }
  let tokenizing = 0;
  const batcher = new Batcher({
    ...batch,
    queuedTokens: limits.queuedTokens,
    costs: threads[0]!.costs,
    workers: () => threads.filter(({ thread }) => thread.isReady).length,
    expected: () => tokenizing,
    ...(onBatch === undefined ? {} : { onBatch }),
    async run(lane, rows, isAlone) {
      const free = threads.find(({ thread, isBusy }) => thread.isReady && !isBusy)!;
      free.isBusy = true;
      try {
        const reply = await free.thread.pool.run({ kind: "batch", lane, rows, isAlone });
        return reply.kind === "rows" ? reply.results : [];
      } finally {
        free.isBusy = false;
      }
    },
  });

  let lastJob = 0;
  const answer: Engine["answer"] = async (name, model, body, signal) => {
    const job = ++lastJob;
    // Where a job began, it goes on: another thread does not know it.
    const { pool } = text;
    const abandon = (): void => void pool.run({ kind: "abandon", job }).catch(() => undefined);
    /** The next reply of the text thread; one that comes after the request was given up is not waited for. */
    const ask = (task: TextTask, transfer: readonly ArrayBuffer[] = []): Promise<TextReply> => {
      const reply = pool.run(task, transfer);
      return unlessAborted(reply, signal, (late) => {
        if (late.kind === "rows") abandon();
      });
    };
    tokenizing += 1;
    let reply = await ask({ kind: "start", job, answer: name, model, body }).finally(() => {
      tokenizing -= 1;
      batcher.poke();
    });
    while (reply.kind === "rows") {
      let results: readonly Float32Array[];
      try {
        results = await batcher.run(reply.lane, reply.rows, signal);
      } catch (error) {
        abandon();
        throw error;
      }
      reply = await ask(
        { kind: "resume", job, results },
        results.map(({ buffer }) => buffer as ArrayBuffer),
      );
    }
    return reply;
  };
  return { batcher, answer, close };
}

/** `promise`, or the signal's reason as soon as it aborts; `onLate` gets what comes after that. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal, onLate: (value: T) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
    promise.then((value) => {
      signal.removeEventListener("abort", onAbort);
      if (signal.aborted) onLate(value);
      else resolve(value);
    }, reject);
  });
}
