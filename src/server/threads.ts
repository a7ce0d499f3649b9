/** @file Starts the threads of the server: one that reads texts, some that run models, each with its own copy of the weights. */
import type { ClinicalBertError } from "../errors.js";
import { startWorkerPool } from "../util/worker-pool.js";
import { LastingThread } from "./lasting-thread.js";
import type {
  LaneCost,
  ModelReply,
  ModelTask,
  ModelThreadData,
  TextReply,
  TextTask,
  TextThreadData,
} from "./messages.js";
import type { ServedModel } from "./served-model.js";
import type { Limits, ModelSettings } from "./settings.js";

export interface ThreadOptions {
  readonly models: readonly ServedModel[];
  readonly settings: Pick<ModelSettings, "dtype" | "threads"> & { readonly workers: number };
  readonly limits: Limits;
  /** A thread died: what it was doing is answered with `WORKER_FAILED`, and it is started anew. */
  onDeath(thread: ThreadName, error: ClinicalBertError): void;
  /** A thread dies again and again, or its model cannot be loaded any more. */
  onHopeless(error: unknown): void;
}

export type ThreadName = "text" | "model";

export interface ModelThread {
  readonly thread: LastingThread<ModelTask, ModelReply>;
  /** As the warm-up of the thread has measured them. */
  readonly costs: readonly LaneCost[];
  isBusy: boolean;
}

export function startTextThread({
  models,
  limits,
  onDeath,
  onHopeless,
}: ThreadOptions): LastingThread<TextTask, TextReply> {
  const data: TextThreadData = { models: models.map(({ text }) => text), limits };
  return new LastingThread({
    start: (onFailure) =>
      startWorkerPool(new URL("./text-thread.js", import.meta.url), { threads: 1, data, onFailure }),
    // Its tasks wait by themselves until the tokenizers are there.
    prepare: async () => undefined,
    onReplaced: () => undefined,
    onDeath: (error) => onDeath("text", error),
    onHopeless,
  });
}

/** `onReplaced`: one that had died is ready for work again. */
export function startModelThreads(
  { models, settings, onDeath, onHopeless }: ThreadOptions,
  onReplaced: () => void,
): ModelThread[] {
  const { workers, dtype, threads } = settings;
  const own = Math.max(1, Math.floor(threads / workers));
  const data: Omit<ModelThreadData, "threadsAlone"> = {
    weights: models.map(({ weights }) => weights),
    heads: models.map(({ heads }) => heads),
    lengths: models.map(({ info }) => info.max_length),
    dtype,
    threads: own,
  };
  return Array.from({ length: workers }, (_, index) => {
    // A lone batch goes to the first thread that is ready: only that one keeps graphs for all threads of the machine.
    const ownData: ModelThreadData = { ...data, threadsAlone: index === 0 ? threads : own };
    const costs: LaneCost[] = [];
    const thread = new LastingThread<ModelTask, ModelReply>({
      start: (onFailure) =>
        startWorkerPool(new URL("./model-thread.js", import.meta.url), {
          threads: 1,
          data: ownData,
          onFailure,
        }),
      async prepare(pool) {
        const warm = await pool.run({ kind: "warm-up" });
        if (warm.kind === "warm") costs.splice(0, costs.length, ...warm.lanes);
      },
      onReplaced,
      onDeath: (error) => onDeath("model", error),
      onHopeless,
    });
    return { thread, costs, isBusy: false };
  });
}
