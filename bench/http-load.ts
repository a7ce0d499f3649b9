/** @file Load for servers of any kind: processes that listen, clients that send one request after the other. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

export interface Listening {
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts a server and waits until `url` answers 200. */
export async function startListening(
  command: string,
  args: readonly string[],
  url: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Listening> {
  const child: ChildProcess = spawn(command, args, {
    env: { ...process.env, ...env },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let stderr = "";
  child.stderr!.on("data", (chunk) => {
    stderr = (stderr + chunk).slice(-4000);
  });
  let code: number | null | undefined;
  const exited = new Promise<void>((resolve) =>
    child.on("close", (status) => {
      code = status;
      resolve();
    }),
  );
  for (;;) {
    if (code !== undefined) throw new Error(`${command} ended with ${code}: ${stderr}`);
    const isReady = await fetch(url).then(
      ({ status }) => status === 200,
      () => false,
    );
    if (isReady) break;
    await sleep(200);
  }
  return {
    pid: child.pid!,
    async stop() {
      child.kill("SIGTERM");
      const forced = setTimeout(() => child.kill("SIGKILL"), 20_000);
      await exited;
      clearTimeout(forced);
    },
  };
}

/** Of the process and all its threads, by Linux. */
export function processorSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");
  const ticks = Number(fields[11]) + Number(fields[12]);
  return ticks / 100;
}

export function residentMiB(pid: number): number {
  const [, kib = "0"] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Math.round(Number(kib) / 1024);
}

export interface Answer {
  readonly status: number;
  readonly milliseconds: number;
  readonly retryAfter: number | null;
}

export interface LoadResult {
  readonly seconds: number;
  readonly answers: readonly Answer[];
}

export interface LoadOptions {
  readonly url: string;
  readonly clients: number;
  /** Bodies, in order; a client takes the next one when it is free. */
  next(): string | null;
  /** Milliseconds that a client rests after a refusal. */
  readonly restMs?: number;
  onAnswer?(count: number): void;
}

/** A closed loop: each client sends its next request when it has the answer to the last. Network errors have the status 0. */
export async function runLoad({
  url,
  clients,
  next,
  restMs = 0,
  onAnswer,
}: LoadOptions): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const answers: Answer[] = [];
  const start = performance.now();
  const client = async (): Promise<void> => {
    for (let body = next(); body !== null; body = next()) {
      const answer = await sendOne(url, body, agent);
      answers.push(answer);
      onAnswer?.(answers.length);
      if (answer.status !== 200 && restMs > 0) await sleep(restMs);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  agent.destroy();
  return { seconds: (performance.now() - start) / 1000, answers };
}

export function sendOne(url: string, body: string, agent: Agent): Promise<Answer> {
  const start = performance.now();
  return new Promise((resolve) => {
    const done = (status: number, retryAfter: string | undefined): void =>
      resolve({
        status,
        milliseconds: performance.now() - start,
        retryAfter: retryAfter === undefined ? null : Number(retryAfter),
      });
    const sent = request(
      url,
      {
        method: "POST",
        agent,
        headers: { "content-type": "application/json", "content-length": Buffer.byteLength(body) },
      },
      (response) => {
        response.resume();
        response.on("end", () => done(response.statusCode!, response.headers["retry-after"]));
        response.on("error", () => done(0, undefined));
      },
    );
    sent.on("error", () => done(0, undefined));
    sent.end(body);
  });
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
