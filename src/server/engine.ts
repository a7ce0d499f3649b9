/** @file The threads of the server and the way of a request through them: text, model, text again. */
import { startWorkerPool, type WorkerPool } from "../util/worker-pool.js";
import type { AnswerName } from "./answers/answers.js";
import { Batcher, type BatchReport } from "./batcher.js";
import type {
  ModelReply,
  ModelTask,
  ModelThreadData,
  TextReply,
  TextTask,
  TextThreadData,
} from "./messages.js";
import type { ServedModel } from "./served-model.js";
import type { BatchSettings, Limits, ModelSettings } from "./settings.js";

export interface EngineOptions {
  readonly models: readonly ServedModel[];
  readonly settings: Pick<ModelSettings, "dtype" | "threads" | "workers">;
  readonly limits: Limits;
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
   * and what the pipelines throw.
   */
  answer(name: AnswerName, model: number, body: unknown, signal: AbortSignal): Promise<Answered>;
  /** Ends the threads; what they still do is lost. */
  close(): Promise<void>;
}

/** Loads every model in every model thread and runs each once. */
export async function startEngine({
  models,
  settings,
  limits,
  batch,
  onBatch,
}: EngineOptions): Promise<Engine> {
  const { workers } = settings;
  const text = startWorkerPool<TextTask, TextReply>(new URL("./text-thread.js", import.meta.url), {
    threads: 1,
    data: { models: models.map((model) => model.text), limits } satisfies TextThreadData,
  });
  const pools: WorkerPool<ModelTask, ModelReply>[] = Array.from({ length: workers }, () =>
    startWorkerPool(new URL("./model-thread.js", import.meta.url), {
      threads: 1,
      data: {
        weights: models.map(({ weights }) => weights),
        heads: models.map(({ heads }) => heads),
        lengths: models.map(({ info }) => info.max_length),
        dtype: settings.dtype,
        threads: Math.max(1, Math.floor(settings.threads / workers)),
        threadsAlone: settings.threads,
      } satisfies ModelThreadData,
    }),
  );
  const closeAll = async (): Promise<void> => {
    await Promise.all([text, ...pools].map((pool) => pool.close()));
  };
  try {
    const warm = await Promise.all(pools.map((pool) => pool.run({ kind: "warm-up" })));
    const costs = warm[0]!.kind === "warm" ? warm[0]!.lanes : [];
    const free = [...pools];
    let tokenizing = 0;
    const batcher = new Batcher({
      ...batch,
      workers,
      queuedTokens: limits.queuedTokens,
      costs,
      expected: () => tokenizing,
      ...(onBatch === undefined ? {} : { onBatch }),
      async run(lane, rows, isAlone) {
        const pool = free.pop()!;
        try {
          const reply = await pool.run({ kind: "batch", lane, rows, isAlone });
          return reply.kind === "rows" ? reply.results : [];
        } finally {
          free.push(pool);
        }
      },
    });

    let lastJob = 0;
    const answer: Engine["answer"] = async (name, model, body, signal) => {
      const job = ++lastJob;
      const abandon = (): void => void text.run({ kind: "abandon", job }).catch(() => undefined);
      /** The next reply of the text thread; one that comes after the request was given up is not waited for. */
      const ask = (task: TextTask, transfer: readonly ArrayBuffer[] = []): Promise<TextReply> => {
        const reply = text.run(task, transfer);
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
    return { batcher, answer, close: closeAll };
  } catch (error) {
    await closeAll();
    throw error;
  }
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
