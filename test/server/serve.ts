/** @file Servers for the tests: of the built package, in this process with settings of any kind, or as the command is run. */
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { DEFAULT_LIMITS, type Limits, type ServeSettings } from "../../src/server/settings.js";
import { BIN } from "../cli/run-cli.js";

const checkpoint = (name: string): string =>
  fileURLToPath(new URL(`../oracle/checkpoints/${name}`, import.meta.url));

export const MODELS = {
  masks: checkpoint("pretraining"),
  ner: checkpoint("token-classification"),
  nli: checkpoint("sequence-classification"),
} as const;

/** Threads run built files, so the server does too. */
const built = (path: string): string => new URL(`../../dist/${path}`, import.meta.url).href;
type ServerModule = typeof import("../../src/server/server.js");

export interface TestServer {
  readonly url: string;
  readonly port: number;
  /** What the server has logged so far. */
  log(): string;
  readonly failed: Promise<never>;
  stop(): Promise<void>;
}

type Overrides = Partial<Omit<ServeSettings, "limits">> & { readonly limits?: Partial<Limits> };

export async function startTestServer({ limits = {}, ...settings }: Overrides = {}): Promise<TestServer> {
  const { startServer } = (await import(built("server/server.js"))) as ServerModule;
  let log = "";
  const server = await startServer(
    {
      models: Object.entries(MODELS).map(([id, source]) => ({ id, source })),
      dtype: "fp32",
      threads: 1,
      workers: 1,
      offline: true,
      host: "127.0.0.1",
      port: 0,
      keys: [],
      insecure: false,
      allowedHosts: [],
      allowedOrigins: [],
      batch: { tokens: 256, waitMs: 2 },
      runs: null,
      page: null,
      auditLog: null,
      logLevel: "info",
      version: "0.0.0-test",
      ...settings,
      limits: { ...DEFAULT_LIMITS, ...limits },
    },
    {
      log: {
        write(line: string) {
          log += line;
        },
      },
      notice() {},
    },
  );
  return {
    url: server.url,
    port: server.port,
    log: () => log,
    failed: server.failed,
    stop: () => server.stop(),
  };
}

export interface Post {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed where it is JSON. */
  readonly body: unknown;
  readonly text: string;
}

export async function post(
  url: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Post> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  return read(response);
}

export async function get(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Post> {
  return read(await fetch(url, { headers, redirect: "manual" }));
}

async function read(response: Response): Promise<Post> {
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("application/json") === true;
  return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : null };
}

export interface ServeProcess {
  readonly child: ChildProcess;
  readonly url: string;
  readonly port: number;
  readonly models: readonly string[];
  stderr(): string;
  readonly exited: Promise<number | null>;
}

/** `clinicalbert serve`, ready. */
export function spawnServe(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<ServeProcess> {
  const child = spawn(process.execPath, [BIN, "serve", ...args], { env: { ...process.env, ...env } });
  let stdout = "";
  let stderr = "";
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  const exited = new Promise<number | null>((resolve) => child.on("close", resolve));
  return new Promise((resolve, reject) => {
    void exited.then((code) => reject(new Error(`serve ended with ${code}: ${stderr}`)));
    child.stdout.on("data", (chunk) => {
      stdout += chunk;
      if (!stdout.includes("\n")) return;
      const ready = JSON.parse(stdout) as { url: string; port: number; models: string[] };
      resolve({ child, ...ready, stderr: () => stderr, exited });
    });
  });
}

/** The error that `promise` rejects with; null when it does not. */
export function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => null,
    (reason: unknown) => reason,
  );
}
