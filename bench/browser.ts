/**
 * @file A model of BERT-base shape in a browser, as `serve` sends it: from nothing to a loaded model, from the browser's cache, the first and the
 * next answers, and the memory of the process that runs it. Random weights: time and memory do not depend on their values.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Browser, Page } from "playwright-core";
import { BERT_BASE, type BertConfig } from "../src/bert/config.js";
import { exportModelFolder } from "../src/checkpoint/folder/export-folder.js";
import { synthesizeNotes } from "../src/index.js";
import { startTestServer } from "../test/server/serve.js";
import { CHROMIUM, launchChromium } from "../test/web/chromium.js";
import { buildPages } from "../test/web/static-site.js";
import { benchTokenizer, randomParameters } from "./random-model.js";

const OPTIONS = {
  layers: { type: "string", default: "12" },
  dtypes: { type: "string", default: "fp32,q8" },
} as const;

/** Tokens of the text that is embedded. */
const TOKENS = 128;
const LABELS = ["O", "B-problem", "I-problem"];

interface Embedded {
  readonly loadMs: number;
  readonly embedMs: readonly number[];
}

interface Tagged {
  readonly loadMs: number;
  readonly noteMs: number;
}

export const bench = {
  summary: "a model of BERT-base shape in Chromium: time to load, to embed, to read a note; memory",
  async run(args: readonly string[]): Promise<void> {
    if (CHROMIUM === undefined) return console.log("no Chromium here");
    const { values } = parseArgs({ args: [...args], options: OPTIONS });
    const folder = await mkdtemp(join(tmpdir(), "clinicalbert-browser-"));
    try {
      const config = { ...BERT_BASE, layerCount: Number(values.layers), labels: LABELS };
      await writeTagger(join(folder, "model"), config);
      await buildPages("test/web/pages", ["library.html"], join(folder, "pages"));
      const server = await startTestServer({
        models: [{ id: "base", source: join(folder, "model") }],
        page: join(folder, "pages"),
        logLevel: "error",
      });
      try {
        for (const dtype of values.dtypes.split(",") as ("fp32" | "q8")[])
          await measure(server.url, dtype, noteOf(config.vocabSize));
      } finally {
        await server.stop();
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

/** A page for each measurement: WebAssembly gives no memory back. */
async function measure(url: string, dtype: "fp32" | "q8", note: string): Promise<void> {
  const browser = await launchChromium();
  const ask = async <T>(work: string): Promise<readonly [T, string]> => {
    const page = await openLibrary(browser, url);
    const answer = (await page.evaluate(`(${work})(${JSON.stringify([dtype, note, TOKENS])})`)) as T;
    const { now, peak } = await rendererMiB(browser);
    await page.close();
    return [answer, `memory ${now} MiB, ${peak} at most`];
  };
  try {
    for (const from of ["the server", "the browser's cache"]) {
      const [{ loadMs, embedMs }, memory] = await ask<Embedded>(EMBED);
      const [first, ...next] = embedMs;
      console.log(
        `${dtype} from ${from}: loaded in ${seconds(loadMs)}; ${TOKENS} tokens embedded in ${seconds(first!)}, ` +
          `then ${seconds(Math.min(...next))}; ${memory}`,
      );
    }
    const [{ loadMs, noteMs }, memory] = await ask<Tagged>(TAG);
    console.log(
      `${dtype}, the tagger from the browser's cache: loaded in ${seconds(loadMs)}; ` +
        `a note of ${note.split(" ").length} words in ${seconds(noteMs)}; ${memory}`,
    );
  } finally {
    await browser.close();
  }
}

const contexts = new WeakMap<Browser, Awaited<ReturnType<Browser["newContext"]>>>();

/** All pages of a browser share what it has kept. */
async function openLibrary(browser: Browser, url: string): Promise<Page> {
  const context = contexts.get(browser) ?? (await browser.newContext());
  contexts.set(browser, context);
  const page = await context.newPage();
  page.setDefaultTimeout(600_000);
  await page.goto(`${url}/library.html`);
  await page.waitForFunction(() => "clinicalbert" in globalThis);
  return page;
}

// What follows runs in the page, whose library and globals this file's types do not know.
const CLOCK = `const clock = async (work) => {
    const start = performance.now();
    const value = await work();
    return [performance.now() - start, value];
  };`;

const EMBED = `async ([dtype, note, tokens]) => {
  ${CLOCK}
  const [loadMs, extract] = await clock(() =>
    clinicalbert.pipeline("feature-extraction", "models/base/files", { dtype, revision: "1" }));
  const text = note.split(" ").slice(0, tokens - 2).join(" ");
  const embedMs = [];
  for (let run = 0; run < 4; run++) embedMs.push((await clock(() => extract(text, { pooling: "mean" })))[0]);
  return { loadMs, embedMs };
}`;

const TAG = `async ([dtype, note]) => {
  ${CLOCK}
  const [loadMs, tagger] = await clock(() => clinicalbert.openNoteTagger("models/base/files", { dtype, revision: "1" }));
  const [noteMs] = await clock(() => tagger.tag([note]));
  return { loadMs, noteMs };
}`;

/** Resident memory of the largest process that renders pages. */
async function rendererMiB(browser: Browser): Promise<{ readonly now: number; readonly peak: number }> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  const sizes = await Promise.all(
    processInfo
      .filter(({ type }) => type === "renderer")
      .map(async ({ id }) => {
        const status = await readFile(`/proc/${id}/status`, "utf8").catch(() => "");
        const value = (name: string) =>
          Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024);
        return { now: value("VmRSS"), peak: value("VmHWM") };
      }),
  );
  return sizes.reduce((largest, each) => (each.peak > largest.peak ? each : largest));
}

async function writeTagger(folder: string, config: BertConfig): Promise<void> {
  const heads = ["token-classification"] as const;
  await exportModelFolder(folder, {
    config,
    heads,
    parameters: randomParameters(config, heads),
    tokenizer: { wordpiece: benchTokenizer(config.vocabSize), maxLength: config.maxPositions },
    card: { title: "bench", origin: "random weights", facts: [] },
    onnx: [],
  });
}

/** As many words as a discharge summary, each one token of the vocabulary `w0`, `w1`, …. */
function noteOf(vocabularySize: number): string {
  const [summary] = [...synthesizeNotes({ seed: 5, count: 12 })].sort(
    (a, b) => b.text.length - a.text.length,
  );
  const words = summary!.text.split(/\s+/).length;
  return Array.from({ length: words }, (_, index) => `w${(index * 7919) % (vocabularySize - 10)}`).join(" ");
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}
