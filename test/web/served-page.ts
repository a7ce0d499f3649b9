/** @file Starts `serve` with tiny models, and the page in Chromium under a watch: every request, every complaint of the browser. */
import { type ChildProcess, spawn } from "node:child_process";
import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { openSafetensors, writeSafetensors } from "../../src/checkpoint/index.js";
import type { Tensor } from "../../src/graph/index.js";
import { BIN } from "../cli/run-cli.js";

export const ORACLE = new URL("../oracle/checkpoints/", import.meta.url).pathname;

export interface Served {
  readonly url: string;
  stop(): Promise<void>;
}

/** `clinicalbert serve` on a free port; resolves when it is ready. */
export async function serve(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Served> {
  const child = spawn(process.execPath, [BIN, "serve", "--port", "0", "--log-level", "error", ...args], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const { url } = JSON.parse(await firstLine(child)) as { url: string };
  return {
    url,
    stop: () =>
      new Promise((resolve) => {
        child.once("close", () => resolve());
        child.kill("SIGTERM");
      }),
  };
}

async function firstLine(child: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: child.stdout! })) return line;
  throw new Error("serve ended before it was ready.");
}

/** A tagger like the oracle's whose classifier has other numbers, so that it finds other entities. */
export async function writeOtherTagger(folder: string): Promise<string> {
  const source = join(ORACLE, "token-classification");
  await mkdir(folder);
  for (const file of ["config.json", "vocab.txt", "tokenizer_config.json"])
    await copyFile(join(source, file), join(folder, file));
  const weights = await openSafetensors(join(source, "model.safetensors"));
  const tensors = new Map<string, Tensor>();
  for (const { name } of weights.tensors) {
    const tensor = await weights.read(name);
    if (name === "classifier.bias") (tensor.data as Float32Array)[1]! -= 1;
    tensors.set(name, tensor);
  }
  await weights.close();
  await writeSafetensors(join(folder, "model.safetensors"), tensors);
  return folder;
}

export interface Watched {
  readonly page: Page;
  /** Method and path of every request, in order. */
  readonly requests: string[];
  /** Errors of the page and of the browser about it: exceptions, refused resources, broken policies. */
  readonly complaints: string[];
  close(): Promise<void>;
}

/** Opens a page in a fresh profile. A request to anywhere else is a complaint. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Watched> {
  const context = await browser.newContext({ viewport: { width: 1400, height: 860 }, ...options });
  const page = await context.newPage();
  const requests: string[] = [];
  const complaints: string[] = [];
  context.on("request", (request) => {
    const target = new URL(request.url());
    requests.push(`${request.method()} ${target.pathname}`);
    if (target.protocol !== "blob:" && target.origin !== new URL(url).origin)
      complaints.push(`request to ${target}`);
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  await page.goto(url);
  return { page, requests, complaints, close: () => context.close() };
}

/** Opens a text as a file, as a user chooses one. */
export async function openText(page: Page, text: string, name = "note.txt"): Promise<void> {
  const file = { name, mimeType: "text/plain", buffer: Buffer.from(text, "utf8") };
  await page.locator("label:has-text('Open') input[type=file]").first().setInputFiles(file);
  await page.locator(".toolbar h2").getByText(name, { exact: true }).waitFor();
  await page.waitForSelector("#note-text");
}
