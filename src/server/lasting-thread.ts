/** @file A thread that is started anew when it dies, as long as it dies seldom. What it was doing is lost, and rejected. */
import { ClinicalBertError } from "../errors.js";
import type { WorkerPool } from "../util/worker-pool.js";

/** So many deaths within `WINDOW_MS`, and it is not started again: something kills it. */
const MOST_DEATHS = 3;
const WINDOW_MS = 60_000;

export interface LastingThreadOptions<Task, Reply> {
  /** Starts the thread: a pool of one, which tells `onFailure` when it has died. */
  start(onFailure: (error: ClinicalBertError) => void): WorkerPool<Task, Reply>;
  /** Makes a started thread ready for work. */
  prepare(pool: WorkerPool<Task, Reply>): Promise<void>;
  /** A new thread is ready in the place of one that died. */
  onReplaced(): void;
  onDeath(error: ClinicalBertError): void;
  /** It dies again and again, or could not be made ready any more. */
  onHopeless(error: unknown): void;
}

export class LastingThread<Task, Reply> {
  readonly #options: LastingThreadOptions<Task, Reply>;
  #pool: WorkerPool<Task, Reply>;
  #isReady = false;
  #deaths: number[] = [];
  /** Whether the first thread could be prepared; rejects with what `prepare` threw. */
  readonly started: Promise<void>;

  constructor(options: LastingThreadOptions<Task, Reply>) {
    this.#options = options;
    this.#pool = this.#start();
    this.started = options.prepare(this.#pool).then(() => {
      this.#isReady = true;
    });
    this.started.catch(() => undefined);
  }

  /** The thread that lives now. Work in several steps keeps to the one it began with, which rejects it when it has died. */
  get pool(): WorkerPool<Task, Reply> {
    return this.#pool;
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  #start(): WorkerPool<Task, Reply> {
    const pool: WorkerPool<Task, Reply> = this.#options.start((error) => this.#replace(error));
    return pool;
  }

  #replace(error: ClinicalBertError): void {
    // A thread that dies before it was ever ready says so by `started`.
    const wasReady = this.#isReady || this.#deaths.length > 0;
    this.#isReady = false;
    if (!wasReady) return;
    const now = performance.now();
    this.#deaths = [...this.#deaths.filter((time) => now - time < WINDOW_MS), now];
    this.#options.onDeath(error);
    if (this.#deaths.length >= MOST_DEATHS) {
      this.#options.onHopeless(error);
      return;
    }
    const pool = this.#start();
    this.#pool = pool;
    this.#options.prepare(pool).then(
      () => {
        this.#isReady = true;
        this.#options.onReplaced();
      },
      (failure: unknown) => {
        // Its death is told by `onFailure`.
        const hasDied = failure instanceof ClinicalBertError && failure.code === "WORKER_FAILED";
        const isClosed = failure instanceof ClinicalBertError && failure.code === "ABORTED";
        if (!hasDied && !isClosed) this.#options.onHopeless(failure);
      },
    );
  }
}
