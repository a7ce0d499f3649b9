/** @file The worker's half of the worker pool: receives tasks, answers each with a result or an error. */
import { parentPort, workerData } from "node:worker_threads";
import { internalError } from "../errors.js";
import { toWireError, type WireError } from "./wire-error.js";

export interface TaskMessage<Input> {
  readonly id: number;
  readonly input: Input;
}

/** Ends the thread when it comes to it. */
export const END = "end";

export type AnswerMessage<Output> =
  | { readonly id: number; readonly output: Output }
  | { readonly id: number; readonly error: WireError };

/** A result whose buffers are moved to the pool's thread rather than copied. */
export class Transferred<Output> {
  readonly output: Output;
  readonly buffers: readonly ArrayBuffer[];

  constructor(output: Output, buffers: readonly ArrayBuffer[]) {
    this.output = output;
    this.buffers = buffers;
  }
}

/**
 * Called once by a worker module. `prepare` gets the pool's `data` and returns the function that does one task; what it
 * throws is thrown by every task.
 */
export function serveTasks<Input, Output, Data = undefined>(
  prepare: (data: Data) => TaskHandler<Input, Output> | Promise<TaskHandler<Input, Output>>,
): void {
  const port = parentPort;
  if (port === null) throw internalError("serveTasks was called outside a worker thread.");
  const handler = Promise.resolve(workerData as Data).then(prepare);
  handler.catch(() => undefined);
  port.on("message", async (message: TaskMessage<Input> | typeof END) => {
    // In a worker this ends the thread alone.
    if (message === END) process.exit();
    const { id, input } = message;
    try {
      const result = await (await handler)(input);
      if (result instanceof Transferred)
        port.postMessage({ id, output: result.output } satisfies AnswerMessage<Output>, [...result.buffers]);
      else port.postMessage({ id, output: result } satisfies AnswerMessage<Output>);
    } catch (error) {
      port.postMessage({ id, error: toWireError(error) } satisfies AnswerMessage<Output>);
    }
  });
}

export type TaskHandler<Input, Output> = (
  input: Input,
) => Output | Transferred<Output> | Promise<Output | Transferred<Output>>;
