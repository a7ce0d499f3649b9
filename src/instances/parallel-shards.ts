/** @file Mode `parallel`: every shard has a generator of its own, so that threads may take them in any order. */
import { Worker } from "node:worker_threads";
import { ClinicalBertError } from "../errors.js";
import { openAtomic } from "../util/atomic-file.js";
import { Mt19937 } from "../util/mt19937.js";
import { ROW_MEMORY_BYTES } from "./token-files.js";
import { InstanceMaker, type InstanceSource } from "./instance-maker.js";
import { makeShard, spillPath, type Shard, type ShardResult } from "./shards.js";

export interface ParallelOptions {
  readonly folder: string;
  readonly threads: number;
  readonly keep: (index: number, result: ShardResult) => Promise<void>;
  readonly signal?: AbortSignal;
}

/** What a worker gets at its start; shards follow as messages. */
export interface ShardWorkerData extends Omit<InstanceSource, "store"> {
  readonly folder: string;
  /** Bytes of memory for each row of the corpus. */
  readonly memory: number;
}

export interface ShardAnswer {
  readonly index: number;
  readonly result?: ShardResult;
  readonly error?: { readonly code: string; readonly message: string };
}

/** The generator of a shard: seeded with the run's seed and the number of the shard. */
export function randomOfShard(seed: number | bigint, shard: number): Mt19937 {
  const positive = BigInt(seed) < 0n ? -BigInt(seed) : BigInt(seed);
  return new Mt19937((positive << 64n) | BigInt(shard + 1));
}

export async function makeShardsInThreads(
  source: InstanceSource,
  shards: readonly Shard[],
  options: ParallelOptions,
): Promise<void> {
  const threads = Math.min(options.threads, shards.length);
  if (threads <= 1) {
    const maker = new InstanceMaker(source);
    for (const shard of shards) {
      const random = randomOfShard(source.settings.seed, shard.index);
      const target = await openAtomic(spillPath(options.folder, shard.index));
      const { result, commit } = await makeShard(
        maker,
        source.settings,
        shard,
        random,
        target,
        options.signal,
      );
      await commit();
      await options.keep(shard.index, result);
    }
    return;
  }
  const queue = [...shards];
  const documents = new Uint32Array(new SharedArrayBuffer(source.documents.byteLength));
  documents.set(source.documents);
  const data: ShardWorkerData = {
    documents,
    settings: source.settings,
    vocabulary: source.vocabulary,
    plain: source.plain,
    folder: options.folder,
    memory: Math.floor(ROW_MEMORY_BYTES / threads),
  };
  const workers = Array.from({ length: threads }, () => startWorker(data));
  try {
    await Promise.all(workers.map((worker) => drain(worker, queue, options)));
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

function startWorker(workerData: ShardWorkerData): Worker {
  return new Worker(new URL("./shard-worker.js", import.meta.url), { workerData });
}

/** Gives `worker` one shard after another until the queue is empty. */
async function drain(worker: Worker, queue: Shard[], options: ParallelOptions): Promise<void> {
  for (let shard = queue.shift(); shard !== undefined; shard = queue.shift()) {
    if (options.signal?.aborted === true) throw options.signal.reason;
    const answer = await ask(worker, shard);
    if (answer.result === undefined)
      throw new ClinicalBertError(
        "WORKER_FAILED",
        `Shard ${shard.index} failed: ${answer.error?.message ?? ""}`,
      );
    await options.keep(shard.index, answer.result);
  }
}

function ask(worker: Worker, shard: Shard): Promise<ShardAnswer> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error | number): void =>
      reject(
        new ClinicalBertError("WORKER_FAILED", `The worker of shard ${shard.index} ended.`, { cause: error }),
      );
    worker.once("error", failed);
    worker.once("exit", failed);
    worker.once("message", (answer: ShardAnswer) => {
      worker.off("error", failed);
      worker.off("exit", failed);
      resolve(answer);
    });
    worker.postMessage(shard);
  });
}
