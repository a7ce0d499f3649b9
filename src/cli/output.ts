/** @file Where a command writes its result: a file that appears whole, or standard output; both with back-pressure. */
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import type { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { isSpecial, openAtomic } from "../util/atomic-file.js";
import { fileError } from "../util/file-error.js";
import type { CliContext } from "./context.js";

export interface Output {
  /** Resolves when the receiver can take more. */
  write(chunk: Uint8Array | string): Promise<void>;
  /** Makes a file appear under its name; nothing to do for standard output. */
  commit(): Promise<void>;
  /** Leaves nothing behind; harmless after `commit`. */
  discard(): Promise<void>;
}

/** Opens `path`, or standard output for `-`. Devices and pipes are written as they are; files appear whole. */
export async function openOutput(context: CliContext, path: string): Promise<Output> {
  if (path === "-") return writeTo(context.stdout, context.signal);
  if (!(await isSpecial(path))) return openAtomic(path);
  const stream = createWriteStream(path);
  const failed = once(stream, "error").then(([error]) => Promise.reject(fileError(error, path)));
  failed.catch(() => undefined);
  const { write } = writeTo(stream, context.signal);
  return {
    write: (chunk) => Promise.race([write(chunk), failed]),
    async commit() {
      stream.end();
      await Promise.race([finished(stream), failed]);
    },
    async discard() {
      stream.destroy();
    },
  };
}

function writeTo(stream: Writable, signal: AbortSignal): Output {
  return {
    async write(chunk) {
      if (!stream.write(chunk)) await once(stream, "drain", { signal });
    },
    async commit() {},
    async discard() {},
  };
}

/** Runs `body` with an open output; commits when it ends well, leaves nothing behind when it throws. */
export async function withOutput(
  context: CliContext,
  path: string,
  body: (output: Output) => Promise<void>,
): Promise<void> {
  const output = await openOutput(context, path);
  try {
    await body(output);
    await output.commit();
  } finally {
    await output.discard();
  }
}
