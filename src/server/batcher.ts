/**
 * @file The queue before the models: rows of all requests, put together to batches of like length. Fair: a long note does not
 * hold up short texts that come after it. Bounded: what does not fit is refused at once.
 */
import { ClinicalBertError } from "../errors.js";
import { chooseBatch } from "./choose-batch.js";
import type { Lane, LaneCost, WireRow } from "./messages.js";
import type { BatchSettings } from "./settings.js";

/** A run costs between so many tokens: on a busy machine the warm-up measures nonsense, which must not lead to batches of padding. */
const RUN_TOKENS = { least: 8, most: 32 };

/** Runs a batch in a thread that is free; `isAlone`: no other runs, and no row waits. */
export type RunBatch = (
  lane: Lane,
  rows: readonly WireRow[],
  isAlone: boolean,
) => Promise<readonly Float32Array[]>;

export interface BatcherOptions extends BatchSettings {
  /** Batches that can run at the same time now: one a model thread that lives. */
  workers(): number;
  readonly queuedTokens: number;
  readonly costs: readonly LaneCost[];
  readonly run: RunBatch;
  /** Requests that are being tokenized now and may bring rows soon. */
  expected(): number;
  /** Told of every batch that ran. */
  onBatch?(batch: BatchReport): void;
}

export interface BatchReport {
  readonly lane: Lane;
  readonly rows: number;
  /** With and without padding. */
  readonly padded: number;
  readonly tokens: number;
  readonly milliseconds: number;
  /** Of the row that waited longest. */
  readonly waited: number;
}

interface Row {
  readonly wire: WireRow;
  readonly length: number;
  readonly turn: number;
  readonly since: number;
  readonly take: (result: Float32Array) => void;
  readonly refuse: (reason: unknown) => void;
}

interface Queue {
  readonly lane: Lane;
  readonly cost: LaneCost;
  rows: Row[];
}

export class Batcher {
  readonly #options: BatcherOptions;
  readonly #queues = new Map<string, Queue>();
  #running = 0;
  #tokens = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: BatcherOptions) {
    this.#options = options;
  }

  /** Tokens that wait. */
  get tokens(): number {
    return this.#tokens;
  }

  get rows(): number {
    return [...this.#queues.values()].reduce((sum, { rows }) => sum + rows.length, 0);
  }

  /** Seconds until what waits now is done, by the measured cost of a token. */
  get secondsAhead(): number {
    let ms = 0;
    for (const { rows, cost } of this.#queues.values())
      ms += rows.reduce((sum, { length }) => sum + length * cost.tokenMs, 0);
    return ms / Math.max(1, this.#options.workers()) / 1000;
  }

  /**
   * Results of `rows`, in order. Throws `SERVER_OVERLOADED` when they would make the queue too long; rejects with the
   * signal's reason as soon as it aborts, and forgets the rows that have not run.
   */
  run(lane: Lane, rows: readonly WireRow[], signal: AbortSignal): Promise<readonly Float32Array[]> {
    signal.throwIfAborted();
    const added = rows.reduce((sum, { encoding }) => sum + encoding.ids.length, 0);
    // An empty queue takes any request: its size was checked against the limit of a request.
    if (this.#tokens > 0 && this.#tokens + added > this.#options.queuedTokens)
      throw new ClinicalBertError(
        "SERVER_OVERLOADED",
        `${this.#tokens} tokens wait already; with ${added} more there would be over ${this.#options.queuedTokens}.`,
        { details: { waiting: this.#tokens, limit: this.#options.queuedTokens } },
      );
    const queue = this.#queue(lane);
    const now = performance.now();
    return new Promise((resolve, reject) => {
      const results = new Array<Float32Array>(rows.length);
      let open = rows.length;
      let before = 0;
      const onAbort = (): void => {
        this.#forget(queue, own);
        reject(signal.reason);
      };
      const refuse = (reason: unknown): void => {
        signal.removeEventListener("abort", onAbort);
        this.#forget(queue, own);
        reject(reason);
      };
      const own = rows.map((wire, index): Row => {
        const length = wire.encoding.ids.length;
        // As if the rows of a request came one after the other, as fast as the model reads them.
        const turn = now + before * queue.cost.tokenMs;
        before += length;
        return {
          wire,
          length,
          turn,
          since: now,
          refuse,
          take: (result) => {
            results[index] = result;
            open -= 1;
            if (open > 0) return;
            signal.removeEventListener("abort", onAbort);
            resolve(results);
          },
        };
      });
      signal.addEventListener("abort", onAbort);
      queue.rows.push(...own);
      this.#tokens += added;
      this.#dispatch();
    });
  }

  #queue(lane: Lane): Queue {
    const key = JSON.stringify(lane);
    const known = this.#queues.get(key);
    if (known !== undefined) return known;
    const cost = this.#options.costs.find(
      (each) => each.lane.model === lane.model && each.lane.head === lane.head,
    )!;
    const made: Queue = { lane, cost, rows: [] };
    this.#queues.set(key, made);
    return made;
  }

  #forget(queue: Queue, rows: readonly Row[]): void {
    const gone = new Set(rows);
    const kept = queue.rows.filter((row) => !gone.has(row));
    for (const row of queue.rows) if (gone.has(row)) this.#tokens -= row.length;
    queue.rows = kept;
  }

  /** Starts batches while a thread is free. An idle model waits a little where more rows are on their way. */
  #dispatch(): void {
    while (this.#running < this.#options.workers()) {
      const queue = this.#next();
      if (queue === null) return;
      const { waitMs, tokens } = this.#options;
      const oldest = queue.rows.reduce(
        (least, { since }) => Math.min(least, since),
        Number.POSITIVE_INFINITY,
      );
      const waits = waitMs - (performance.now() - oldest);
      const isFull = queue.rows.reduce((sum, { length }) => sum + length, 0) >= tokens;
      if (!isFull && waits > 0 && this.#options.expected() > 0) {
        this.#timer ??= setTimeout(() => {
          this.#timer = null;
          this.#dispatch();
        }, waits);
        return;
      }
      void this.#runBatch(queue);
    }
  }

  /** Told when a request that was expected brings no rows, so that nobody waits for it; and when there is one more thread. */
  poke(): void {
    this.#dispatch();
  }

  /** The queue of the row whose turn it is. */
  #next(): Queue | null {
    let next: Queue | null = null;
    let turn = Number.POSITIVE_INFINITY;
    for (const queue of this.#queues.values())
      for (const row of queue.rows)
        if (row.turn < turn) {
          next = queue;
          turn = row.turn;
        }
    return next;
  }

  async #runBatch(queue: Queue): Promise<void> {
    const { lane, cost } = queue;
    const chosen = chooseBatch(queue.rows, {
      tokens: lane.attention ? 0 : this.#options.tokens,
      runTokens: Math.min(RUN_TOKENS.most, Math.max(RUN_TOKENS.least, cost.runMs / cost.tokenMs)),
    }).map((index) => queue.rows[index]!);
    this.#forget(queue, chosen);
    this.#running += 1;
    const start = performance.now();
    const since = chosen.reduce((least, row) => Math.min(least, row.since), start);
    try {
      const results = await this.#options.run(
        lane,
        chosen.map(({ wire }) => wire),
        this.#running === 1 && this.rows === 0,
      );
      for (const [index, row] of chosen.entries()) row.take(results[index]!);
    } catch (error) {
      for (const row of chosen) row.refuse(error);
    } finally {
      this.#running -= 1;
      const longest = chosen.at(-1)!.length;
      this.#options.onBatch?.({
        lane,
        rows: chosen.length,
        padded: longest * chosen.length,
        tokens: chosen.reduce((sum, { length }) => sum + length, 0),
        milliseconds: performance.now() - start,
        waited: start - since,
      });
      this.#dispatch();
    }
  }
}
