/** @file A request in the thread that reads texts: it asks for rows of a model, sleeps until they come, and goes on. */
import { ClinicalBertError } from "../errors.js";
import type { ModelRow } from "../pipelines/index.js";
import type { Lane, TextReply } from "./messages.js";

interface Waiting<T> {
  resolve(value: T): void;
  reject(reason: unknown): void;
}

/** Turns by turns with the server's thread: each `start` or `resume` is answered by rows to run, the result, or an error. */
export class TextJob {
  /** The server's thread, which waits for what the job says next. */
  #listener: Waiting<TextReply> | null = null;
  /** The job itself, which waits for its rows. */
  #sleeper: Waiting<Float32Array[]> | null = null;

  start(work: () => Promise<TextReply>): Promise<TextReply> {
    const reply = this.#listen();
    Promise.resolve()
      .then(work)
      .then(
        (done) => this.#listener!.resolve(done),
        (error) => this.#listener!.reject(error),
      );
    return reply;
  }

  /** Called by the work: runs rows elsewhere. */
  ask(lane: Lane, rows: readonly ModelRow[]): Promise<Float32Array[]> {
    return new Promise((resolve, reject) => {
      this.#sleeper = { resolve, reject };
      this.#listener!.resolve({
        kind: "rows",
        lane,
        rows: rows.map(({ encoding: { ids, typeIds }, reading }) => ({
          encoding: { ids, typeIds },
          reading,
        })),
      });
    });
  }

  resume(results: readonly Float32Array[]): Promise<TextReply> {
    const reply = this.#listen();
    this.#sleeper!.resolve([...results]);
    return reply;
  }

  /** Nobody wants the answer any more. */
  abandon(): void {
    this.#listen().catch(() => undefined);
    this.#sleeper!.reject(new ClinicalBertError("ABORTED", "The request was given up."));
  }

  #listen(): Promise<TextReply> {
    return new Promise((resolve, reject) => {
      this.#listener = { resolve, reject };
    });
  }
}
