/** `clinicalbert/browser` inside a real browser: the numbers of Node, and nothing sent once the model is there. */
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as node from "../../src/pipelines/index.js";
import { CHROMIUM, launchChromium, NEEDS_CHROMIUM } from "./chromium.js";
import { buildPages, serveFolders, type Site } from "./static-site.js";

const ORACLE = new URL("../oracle/checkpoints/", import.meta.url).pathname;
const MINILM = process.env["CLINICALBERT_MINILM"] ?? "";
const TEXTS = [
  "patient denies chest pain , fever and tachycardia .",
  "he has no acute distress",
  "🙂 she was given aspirins xyyx mg daily ! bradypnea ?",
  "x",
];
/** What the page may differ from Node by. */
const TOLERANCE = 1e-4;

let folder: string;
beforeAll(async () => {
  if (CHROMIUM === undefined) return;
  folder = await mkdtemp(join(tmpdir(), "clinicalbert-web-"));
  await buildPages("test/web/pages", ["library.html"], join(folder, "pages"));
  await buildPages("examples/browser", ["index.html"], join(folder, "example"));
});
afterAll(() => folder && rm(folder, { recursive: true }));

/** A page that has the library as `clinicalbert`, and every request it has sent since. */
interface Opened {
  readonly page: Page;
  readonly requests: string[];
  close(): Promise<void>;
}

async function open(models: string, path = "/library.html", pages = "pages"): Promise<Opened> {
  const site = await serveFolders({ "": join(folder, pages), model: models });
  const browser = await launchChromium();
  const page = await (await browser.newContext()).newPage();
  const requests: string[] = [];
  page.on("request", (request) => requests.push(`${request.method()} ${new URL(request.url()).pathname}`));
  await page.goto(`${site.origin}${path}`);
  return { page, requests, close: () => closeAll(browser, site) };
}

async function closeAll(browser: Browser, site: Site): Promise<void> {
  await browser.close();
  await site.close();
}

function largestDifference(a: readonly number[], b: readonly number[]): number {
  expect(a.length).toBe(b.length);
  return a.reduce((worst, value, index) => Math.max(worst, Math.abs(value - b[index]!)), 0);
}

/** Numbers out, everything else exactly as it is. */
function split(value: unknown): { readonly shape: string; readonly numbers: number[] } {
  const numbers: number[] = [];
  const shape = JSON.stringify(value, (_, part: unknown) => {
    if (typeof part !== "number" || Number.isInteger(part)) return part;
    numbers.push(part);
    return "number";
  });
  return { shape, numbers };
}

function expectAsNode(browser: unknown, nodeResult: unknown): void {
  const [got, wanted] = [split(browser), split(nodeResult)];
  expect(got.shape).toBe(wanted.shape);
  expect(wanted.numbers.length).toBeGreaterThan(0);
  expect(largestDifference(got.numbers, wanted.numbers)).toBeLessThan(TOLERANCE);
}

describe.skipIf(CHROMIUM === undefined)(`the library in ${NEEDS_CHROMIUM}`, () => {
  let opened: Opened;
  beforeAll(async () => {
    opened = await open(ORACLE);
    await opened.page.waitForFunction(() => "clinicalbert" in globalThis);
  }, 60_000);
  afterAll(() => opened.close());

  test.each(["fp32", "q8"] as const)("finds the entities of Node, %s", async (dtype) => {
    const options = { aggregation_strategy: "none", ignore_labels: [] } as const;
    const here = await node.pipeline("ner", join(ORACLE, "token-classification"), { dtype });
    const wanted = await here(TEXTS, options);
    await here.dispose();
    const got = await opened.page.evaluate(
      async ([texts, wishes, type]) => {
        const find = await clinicalbert.pipeline("ner", "model/token-classification", { dtype: type });
        const found = await find(texts, wishes);
        await find.dispose();
        return found;
      },
      [TEXTS, options, dtype] as const,
    );
    expectAsNode(got, wanted);
  });

  test("fills masks, classifies and embeds as Node does", async () => {
    const masked = ["patient denies [MASK] pain ."];
    const fill = await node.pipeline("fill-mask", join(ORACLE, "pretraining"));
    const classify = await node.pipeline("text-classification", join(ORACLE, "sequence-classification"));
    const embed = await node.pipeline("feature-extraction", join(ORACLE, "pretraining"));
    const features = await embed(TEXTS, { pooling: "mean", normalize: true });
    const wanted = [await fill(masked), await classify(TEXTS, { top_k: null }), features.tolist()];
    for (const pipeline of [fill, classify, embed]) await pipeline.dispose();
    const got = await opened.page.evaluate(
      async ([texts, withMask]) => {
        const { pipeline } = clinicalbert;
        const fillMask = await pipeline("fill-mask", "model/pretraining");
        const classifyText = await pipeline("text-classification", "model/sequence-classification");
        const extract = await pipeline("feature-extraction", "model/pretraining");
        const vectors = await extract(texts, { pooling: "mean", normalize: true });
        const results = [
          await fillMask(withMask),
          await classifyText(texts, { top_k: null }),
          vectors.tolist(),
        ];
        for (const made of [fillMask, classifyText, extract]) await made.dispose();
        return results;
      },
      [TEXTS, masked] as const,
    );
    for (const index of [0, 1, 2]) expectAsNode(got[index], wanted[index]);
  });

  test("gives the attentions and hidden states of Node", async () => {
    const inputs = { output_attentions: true, output_hidden_states: true };
    const tokenizer = await node.AutoTokenizer.from_pretrained(join(ORACLE, "pretraining"));
    const model = await node.AutoModel.from_pretrained(join(ORACLE, "pretraining"));
    const outputs = await model({ ...tokenizer(TEXTS[0]!), ...inputs });
    const wanted = [outputs.attentions, outputs.hidden_states].map((list) => list!.map((x) => x.tolist()));
    await model.dispose();
    const got = await opened.page.evaluate(
      async ([text, wishes]) => {
        const { AutoTokenizer, AutoModel } = clinicalbert;
        const tokenize = await AutoTokenizer.from_pretrained("model/pretraining");
        const run = await AutoModel.from_pretrained("model/pretraining");
        const made = await run({ ...tokenize(text), ...wishes });
        await run.dispose();
        return [made.attentions, made.hidden_states].map((list) => list!.map((x) => x.tolist()));
      },
      [TEXTS[0]!, inputs] as const,
    );
    expectAsNode(got, wanted);
  });

  test("splits sections and sentences as Node does, offsets and all", async () => {
    const { createRuleSentenceSplitter, createSectionSplitter, splitNoteSentences, synthesizeNotes } =
      await import("../../src/index.js");
    const notes = [...synthesizeNotes({ seed: 9, count: 3 })].map(({ text }) => text);
    const wanted = notes.map((text) => [
      createSectionSplitter().split(text),
      splitNoteSentences(text, createSectionSplitter(), createRuleSentenceSplitter()),
    ]);
    const got = await opened.page.evaluate(
      (texts) =>
        texts.map((text) => {
          const sections = clinicalbert.createSectionSplitter();
          const sentences = clinicalbert.createRuleSentenceSplitter();
          return [sections.split(text), clinicalbert.splitNoteSentences(text, sections, sentences)];
        }),
      notes,
    );
    expect(got).toEqual(wanted);
  });

  test("says what is missing at an address, by its code", async () => {
    const codes = await opened.page.evaluate(async () => {
      const code = (work: Promise<unknown>) =>
        work.then(
          () => "none",
          (error: unknown) => (error as InstanceType<typeof clinicalbert.ClinicalBertError>).code,
        );
      const { AutoModel, AutoModelForMaskedLM, pipeline } = clinicalbert;
      return [
        await code(AutoModel.from_pretrained("model/nowhere")),
        await code(AutoModel.from_pretrained("http://127.0.0.1:9/model", { keep: false })),
        await code(AutoModelForMaskedLM.from_pretrained("model/token-classification")),
        await code(pipeline("ner", "model/token-classification", { device: "cuda" as "wasm" })),
        await code(pipeline("ner", "model/token-classification", { device: "webgpu" })),
      ];
    });
    expect(codes).toEqual([
      "FILE_NOT_FOUND",
      "MODEL_FETCH",
      "HEAD_MISSING",
      "PIPELINE_OPTION",
      "RUNTIME_DEVICE",
    ]);
  });

  test("asks for each file once, and for nothing after a reload", async () => {
    const { page, requests } = opened;
    const load = () =>
      page.evaluate(async () => {
        const find = await clinicalbert.pipeline("ner", "model/token-classification", { revision: "1" });
        await find("patient denies chest pain");
        await find.dispose();
      });
    await page.evaluate(() => clinicalbert.forgetModels());
    const before = requests.length;
    await load();
    const first = requests.slice(before).filter((request) => request.includes("/model/"));
    expect(first.length).toBe(new Set(first).size);
    expect(first).toContain("GET /model/token-classification/model.safetensors");
    await page.reload();
    await page.waitForFunction(() => "clinicalbert" in globalThis);
    const reloaded = requests.length;
    await load();
    expect(requests.slice(reloaded).filter((request) => request.includes("/model/"))).toEqual([]);
  });

  test("the example finds entities and sends nothing with the note in it", async () => {
    const { page, requests, close } = await open(
      join(ORACLE, "token-classification"),
      "/index.html",
      "example",
    );
    try {
      await page.waitForSelector("#find:enabled");
      const loaded = requests.length;
      await page.fill("#note", "patient denies chest pain , fever and tachycardia .");
      await page.click("#find");
      await page.waitForSelector("#entities li");
      expect(await page.locator("#entities li").allTextContents()).toEqual(
        expect.arrayContaining([expect.stringMatching(/^problem \d+–\d+ “.+” 0\.\d{3}$/)]),
      );
      expect(requests.slice(loaded)).toEqual([]);
    } finally {
      await close();
    }
  });
});

describe.skipIf(CHROMIUM === undefined || !existsSync(join(MINILM, "model.safetensors")))(
  "the real MiniLM in a browser (CLINICALBERT_MINILM)",
  () => {
    test("embeds as on Node", { timeout: 120_000 }, async () => {
      const texts = ["No acute distress.", "Metoprolol 25 mg PO BID; K+ 3.4 -> repleted w/ 40 mEq."];
      const embed = await node.pipeline("feature-extraction", MINILM);
      const wanted = (await embed(texts, { pooling: "mean", normalize: true })).tolist() as number[][];
      await embed.dispose();
      const { page, close } = await open(MINILM);
      try {
        await page.waitForFunction(() => "clinicalbert" in globalThis);
        const got = await page.evaluate(async (list) => {
          const extract = await clinicalbert.pipeline("feature-extraction", "model");
          return (await extract(list, { pooling: "mean", normalize: true })).tolist();
        }, texts);
        expect(largestDifference((got as number[][]).flat(), wanted.flat())).toBeLessThan(TOLERANCE);
      } finally {
        await close();
      }
    });
  },
);

/** The same graph through SwiftShader, which is a whole WebGPU without a graphics card. */
describe.skipIf(CHROMIUM === undefined)(`WebGPU in ${NEEDS_CHROMIUM}`, () => {
  test("finds the entities of Node where there is an adapter", { timeout: 120_000 }, async () => {
    const here = await node.pipeline("ner", join(ORACLE, "token-classification"));
    const wanted = await here(TEXTS[0]!, { aggregation_strategy: "simple" });
    await here.dispose();
    const site = await serveFolders({ "": join(folder, "pages"), model: ORACLE });
    const browser = await launchChromium(["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"]);
    try {
      const page = await browser.newPage();
      await page.goto(`${site.origin}/library.html`);
      await page.waitForFunction(() => "clinicalbert" in globalThis);
      const got = await page.evaluate(async (text) => {
        const find = await clinicalbert.pipeline("ner", "model/token-classification", { device: "webgpu" });
        return find(text, { aggregation_strategy: "simple" });
      }, TEXTS[0]!);
      expectAsNode(got, wanted);
    } finally {
      await closeAll(browser, site);
    }
  });
});
