/**
 * @file Programs that wait, each in a process of its own, and do one round of work when asked: ours and the peers' go by turns,
 * so that what else the machine does falls on all of them alike.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** What a round took, in seconds of wall and processor, and what it says besides. */
export interface Round {
  readonly wall: number;
  readonly cpu: number;
  readonly [key: string]: unknown;
}

export interface Program {
  /** What it said when it was ready. */
  readonly ready: Readonly<Record<string, unknown>>;
  /** One round: a line for its stdin, a line of JSON from its stdout. */
  ask(line: string): Promise<Round>;
  stop(): Promise<void>;
}

/** A script of `bench/` for this Node. */
export function startScript(script: string, args: readonly string[]): Promise<Program> {
  return start(process.execPath, [fileURLToPath(new URL(script, import.meta.url)), ...args]);
}

/**
 * `bench/peers/NAME.py` in the virtual environment `environment` of the folder named by CLINICALBERT_PEERS; null, with a line
 * that says so, when that is unset.
 */
export async function startPeer(
  name: string,
  environment: string,
  args: readonly string[],
): Promise<Program | null> {
  const folder = process.env["CLINICALBERT_PEERS"];
  if (folder === undefined) {
    console.log(`peer ${name}: skipped, CLINICALBERT_PEERS is not set`);
    return null;
  }
  const script = fileURLToPath(new URL(`./peers/${name}.py`, import.meta.url));
  return start(join(folder, environment, "bin", "python"), [script, ...args]);
}

async function start(command: string, args: readonly string[]): Promise<Program> {
  const child: ChildProcess = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
  const failed = once(child, "exit").then(() => {
    throw new Error(`${command} ${args[0]} ended before its answer`);
  });
  failed.catch(() => undefined);
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  const answer = async (): Promise<Record<string, unknown>> => {
    for (;;) {
      const { value } = (await Promise.race([lines.next(), failed])) as { value: string };
      if (value.startsWith("{")) return JSON.parse(value) as Record<string, unknown>;
    }
  };
  return {
    ready: await answer(),
    async ask(line) {
      child.stdin!.write(`${line}\n`);
      return (await answer()) as unknown as Round;
    },
    async stop() {
      const ended = once(child, "exit");
      child.stdin!.end();
      await ended;
    },
  };
}
