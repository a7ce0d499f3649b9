/** @file Where a command writes its result: a file that appears whole, or standard output; both with back-pressure. */
import { once } from "node:events";
import { openAtomic } from "../util/atomic-file.js";
import type { CliContext } from "./context.js";

export interface Output {
  /** Resolves when the receiver can take more. */
  write(chunk: Uint8Array | string): Promise<void>;
  /** Makes a file appear under its name; nothing to do for standard output. */
  commit(): Promise<void>;
  /** Leaves nothing behind; harmless after `commit`. */
  discard(): Promise<void>;
}

/** Opens `path`, or standard output for `-`. */
export async function openOutput(context: CliContext, path: string): Promise<Output> {
  if (path !== "-") return openAtomic(path);
  return {
    async write(chunk) {
      if (!context.stdout.write(chunk)) await once(context.stdout, "drain", { signal: context.signal });
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
