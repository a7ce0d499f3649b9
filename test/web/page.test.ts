/** The page of `serve` in a real browser: what people do with it, what it sends, and what a hostile note can do. */
import { appendFile, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  createSectionSplitter,
  pipeline,
  splitNoteSentences,
  createRuleSentenceSplitter,
} from "../../src/index.js";
import { CHROMIUM, launchChromium, NEEDS_CHROMIUM } from "./chromium.js";
import {
  ORACLE,
  openPage,
  openText,
  type Served,
  serve,
  type Watched,
  writeOtherTagger,
} from "./served-page.js";

const TAGGER = join(ORACLE, "token-classification");
const FILLER = join(ORACLE, "pretraining");
const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

const NOTE = [
  "Chief Complaint: chest pain",
  "",
  "History of Present Illness:",
  "patient denies fever and tachycardia . he has no acute distress .",
  "🙂 she was given aspirins daily ! left lung clear",
  "",
  "Allergies: none",
  "",
].join("\n");

const metric = (step: number, loss: number) =>
  `${JSON.stringify({ step, loss, masked_lm_accuracy: 1 - loss / 10, learning_rate: step * 1e-6, sequences_per_second: 50 })}\n`;

/** Drawn entities as they stand in the note: neighbours of one entity are joined. */
async function drawnEntities(page: Page): Promise<string[]> {
  return page.$$eval("#note-text mark", (marks) =>
    marks.map(
      (mark) =>
        `${(mark as HTMLElement).title.split(" ")[0]} ${(mark as HTMLElement).dataset["start"]} ${mark.textContent}`,
    ),
  );
}

async function violations(page: Page): Promise<string[]> {
  await page.addScriptTag({ path: AXE }).catch(() => undefined);
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: AxeViolation[] }> } };
    const { violations: found } = await axe.run();
    return found.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`));
  });
}

interface AxeViolation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string }[];
}

describe.skipIf(CHROMIUM === undefined)(`the page in ${NEEDS_CHROMIUM}`, () => {
  let folder: string;
  let browser: Browser;
  let served: Served;
  let watched: Watched;
  let page: Page;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "clinicalbert-page-"));
    for (const run of ["first", "second"]) {
      await mkdir(join(folder, "runs", run), { recursive: true });
      const lines = Array.from({ length: 40 }, (_, index) =>
        metric(index + 1, (run === "first" ? 5 : 6) / (index + 1)),
      );
      await writeFile(join(folder, "runs", run, "metrics.jsonl"), lines.join(""));
    }
    const other = await writeOtherTagger(join(folder, "other"));
    const models = [`tagger=${TAGGER}`, `other=${other}`, `filler=${FILLER}`];
    [browser, served] = await Promise.all([
      launchChromium(),
      serve([...models.flatMap((model) => ["--model", model]), "--runs", join(folder, "runs")]),
    ]);
    watched = await openPage(browser, served.url);
    page = watched.page;
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await served?.stop();
    await rm(folder, { recursive: true });
  }, 60_000);

  test("is served under a policy without unsafe-inline", async () => {
    const response = await page.request.get(served.url);
    const policy = response.headers()["content-security-policy"] ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain("unsafe-inline");
    expect(policy).not.toContain("'unsafe-eval'");
  });

  test("opens a pasted note and shows its sections with their categories", async () => {
    await page.getByLabel("Text of the note").fill(NOTE);
    await page.getByRole("button", { name: "Read this note" }).click();
    await page.waitForSelector("#note-text");
    const rows = await page.$$eval(".outline .row", (list) =>
      list.map((row) => row.querySelector(".row-sub")!.textContent),
    );
    const wanted = createSectionSplitter()
      .split(NOTE)
      .filter(({ spans }) => spans.length > 0);
    expect(rows).toEqual(wanted.map(({ category }) => category?.replaceAll("_", " ") ?? "no category"));
    expect(await page.textContent("#note-text")).toBe(NOTE);
  });

  test("draws the entities of the model at their exact offsets, with a legend that hides them", async () => {
    const find = await pipeline("ner", TAGGER);
    const wanted = (await find(NOTE, { aggregation_strategy: "first" })).map(
      ({ entity_group, start, end }) => `${entity_group} ${start} ${NOTE.slice(start, end)}`,
    );
    await find.dispose();
    expect(wanted.length).toBeGreaterThan(3);
    await page.waitForSelector("#note-text mark");
    const starts = new Set(wanted.map((entity) => entity.split(" ")[1]));
    const drawn = (await drawnEntities(page)).filter((entity) => starts.has(entity.split(" ")[1]!));
    expect(drawn.length).toBe(wanted.length);
    for (const [index, entity] of drawn.entries()) expect(wanted[index]!.startsWith(entity)).toBe(true);
    const label = page.locator(".legend .label").first();
    await label.click();
    expect(await label.getAttribute("aria-pressed")).toBe("false");
    expect((await drawnEntities(page)).some((entity) => entity.startsWith("problem "))).toBe(false);
    await label.click();
  });

  test("shows sentences and word pieces where they are asked for", async () => {
    await page.getByRole("checkbox", { name: "Sentences" }).check();
    const sentences = splitNoteSentences(NOTE, createSectionSplitter(), createRuleSentenceSplitter());
    const shaded = await page.$$eval("#note-text .sentence:not(.odd)", (parts) =>
      parts.map((part) => part.textContent).join(""),
    );
    const even = sentences
      .filter((_, index) => index % 2 === 0)
      .flatMap(({ spans }) => spans.map((span) => NOTE.slice(...span)));
    expect(shaded).toBe(even.join(""));
    await page.getByRole("checkbox", { name: "Word pieces" }).check();
    await page.waitForSelector("#note-text .piece.inner");
    expect(await page.textContent(".status-bar")).toMatch(/\d+ word pieces/);
    expect(await page.textContent("#note-text")).toBe(NOTE);
    await page.getByRole("checkbox", { name: "Word pieces" }).uncheck();
    await page.getByRole("checkbox", { name: "Sentences" }).uncheck();
  });

  test("masks the word that is clicked and shows what the model expects, with probabilities", async () => {
    const place = NOTE.indexOf("fever");
    const box = await page.evaluate((offset) => {
      for (const part of document.querySelectorAll<HTMLElement>("#note-text [data-start]")) {
        const at = offset - Number(part.dataset["start"]);
        if (at < 0 || at >= part.textContent!.length) continue;
        const range = document.createRange();
        range.setStart(part.firstChild!, at);
        range.setEnd(part.firstChild!, at + 1);
        const { x, y, width, height } = range.getBoundingClientRect();
        return { x: x + width / 2, y: y + height / 2 };
      }
      return null;
    }, place);
    await page.mouse.click(box!.x, box!.y);
    await page.waitForSelector(".fillings li");
    expect(await page.textContent(".masked-word strong")).toBe("fever");
    const filled = await page.$$eval(".fillings li", (rows) => rows.map((row) => row.textContent));
    expect(filled).toHaveLength(10);
    for (const row of filled) expect(row).toMatch(/^\S+\d+\.\d %$/);
    const shares = filled.map((row) => Number(/(\d+\.\d) %$/.exec(row!)![1]));
    expect(shares).toEqual([...shares].sort((a, b) => b - a));
  });

  test("walks from word to word by the arrow keys, and says the word", async () => {
    await page.focus("#note-text");
    const before = await page.textContent(".masked-word strong");
    await page.keyboard.press("ArrowRight");
    await page.waitForFunction(
      (word) => document.querySelector(".masked-word strong")?.textContent !== word,
      before,
    );
    expect(await page.textContent(".masked-word strong")).toBe("and");
    expect(await page.textContent("[aria-live=polite]")).toMatch(/^and/);
    await page.keyboard.press("ArrowLeft");
  });

  test("draws the attention of a head between the words of the sentence", async () => {
    await page.getByRole("tab", { name: "Attention" }).click();
    await page.waitForSelector(".attention line");
    const words = await page.$$eval(".attention-words button", (list) =>
      list.map((word) => word.textContent),
    );
    expect(words.join(" ")).toContain("denies fever and");
    await page.getByLabel("Head").selectOption({ index: 1 });
    await page.waitForSelector(".attention line");
    await page.locator(".attention-words button").first().click();
    expect(await page.textContent("#panel-attention p[role=status]:nth-of-type(2)")).toMatch(
      /attends to .+ 0\.\d\d/,
    );
  });

  test("compares two models on the note", async () => {
    await page.getByRole("tab", { name: "Entities" }).click();
    await page.getByLabel("Compare with").first().selectOption("other");
    const [all, both, first, second] = await page
      .waitForFunction(() => {
        const counts = [...document.querySelectorAll(".panel:not([hidden]) .choice span")].map((part) =>
          Number(part.textContent!.match(/\d+$/)),
        );
        return counts[2]! + counts[3]! > 0 && counts[1]! > 0 ? counts : null;
      })
      .then((handle) => handle.jsonValue() as Promise<number[]>);
    expect(both! + first! + second!).toBe(all);
    await page.getByLabel("Model B").first().selectOption("");
  });

  test("finds similar sentences across files, and opens the note they stand in", async () => {
    await page.getByRole("tab", { name: "Similar" }).click();
    const files = [
      "patient denies chest pain today .",
      "Left lung clear , no acute distress.\nShe has fever and pain.",
    ];
    await page.locator("#panel-similar input[multiple]").setInputFiles(
      files.map((text, index) => ({
        name: `${index}.txt`,
        mimeType: "text/plain",
        buffer: Buffer.from(text),
      })),
    );
    await page.getByLabel("Sentence to look for").fill("patient denies chest pain today .");
    await page.waitForSelector("#panel-similar .row");
    const rows = await page.$$eval("#panel-similar .row", (list) => list.map((row) => row.textContent));
    expect(rows[0]).toBe("patient denies chest pain today .0.txt1.000");
    expect(rows.length).toBe(3);
    await page.locator("#panel-similar .row").first().click();
    await page.waitForFunction(() => document.querySelector(".toolbar h2")?.textContent === "0.txt");
    expect(await page.textContent("#note-text")).toBe(files[0]);
  });

  test("exports brat and JSON", async () => {
    await openText(page, NOTE, "export.txt");
    await page.waitForSelector("#note-text mark");
    const saved: Record<string, string> = {};
    page.on("download", async (download) => {
      saved[download.suggestedFilename()] = await readFile(await download.path(), "utf8");
    });
    await page.getByRole("button", { name: "Export brat" }).click();
    await page.getByRole("button", { name: "Export JSON" }).click();
    await expect.poll(() => Object.keys(saved).length).toBe(3);
    expect(saved["export.txt"]).toBe(NOTE);
    const points = [...NOTE];
    const lines = saved["export.ann"]!.trimEnd().split("\n");
    expect(lines.length).toBeGreaterThan(3);
    for (const line of lines) {
      const [, label, ranges, text] = /^T\d+\t(\w+) ([\d ;]+)\t(.*)$/.exec(line)!;
      const slices = ranges!
        .split(";")
        .map((range) => points.slice(...range.split(" ").map(Number)).join(""));
      expect(slices.join(" ")).toBe(text);
      expect(["problem", "test"]).toContain(label);
    }
    const json = JSON.parse(saved["export.json"]!) as {
      text: string;
      entities: { span: [number, number]; text: string }[];
    };
    expect(json.entities.length).toBe(lines.length);
    for (const { span, text } of json.entities) expect(NOTE.slice(...span)).toBe(text);
  });

  test("runs models in this browser: the same entities, and nothing is sent any more", async () => {
    const asServer = await drawnEntities(page);
    await page.getByText("In this browser", { exact: true }).click();
    await page.waitForFunction(
      (count) => document.querySelectorAll("#note-text mark").length === count,
      asServer.length,
    );
    expect(await drawnEntities(page)).toEqual(asServer);
    expect(await page.textContent(".status-bar")).toContain("Text stays in this browser");
    const before = watched.requests.length;
    await openText(page, `${NOTE}patient denies pain .`, "kept-back.txt");
    await page.waitForSelector("#note-text mark");
    await page.getByRole("tab", { name: "Entities" }).click();
    expect(watched.requests.slice(before)).toEqual([]);
    // The other kinds fetch the files of their model once, by GET, and then nothing.
    await page.focus("#note-text");
    await page.keyboard.press("ArrowRight");
    await page.waitForSelector(".fillings li");
    await page.getByRole("tab", { name: "Attention" }).click();
    await page.waitForSelector(".attention line");
    const loaded = watched.requests.length;
    for (const request of watched.requests.slice(before))
      expect(request).toMatch(/^GET \/models\/\w+\/files\//);
    await page.getByRole("tab", { name: "Mask" }).click();
    await page.focus("#note-text");
    await page.keyboard.press("ArrowRight");
    await page.waitForFunction(() => document.querySelectorAll(".fillings li").length === 10);
    expect(watched.requests.slice(loaded)).toEqual([]);
    await page.getByText("On the server", { exact: true }).click();
  });

  test("shows a hostile note as text", async () => {
    const hostile = `<script>globalThis.harm = 1</script><img src=x onerror="globalThis.harm = 2">\n\0\u202Eevil\u202C \u200Fx\u2066y\u2069\n&lt;b&gt; ${"word ".repeat(200_000)}\nend of the note`;
    const { page: fresh, complaints, close } = await openPage(browser, served.url);
    await openText(fresh, hostile, "<b>hostile.txt");
    expect(await fresh.textContent(".toolbar h2")).toBe("<b>hostile.txt");
    const shown = (await fresh.textContent("#note-text"))!;
    expect(shown.length).toBe(hostile.length);
    expect(
      shown.startsWith(
        '<script>globalThis.harm = 1</script><img src=x onerror="globalThis.harm = 2">\n␀⇄evil⇄',
      ),
    ).toBe(true);
    expect(shown).not.toMatch(/[\0\u202A-\u202E\u2066-\u2069\u200F]/);
    expect(shown.endsWith("end of the note")).toBe(true);
    expect(await fresh.evaluate(() => "harm" in globalThis)).toBe(false);
    expect(await fresh.locator("#note-text script, #note-text img, #note-text b").count()).toBe(0);
    // More than the server reads: it says so, and the page does.
    await fresh.waitForSelector("#panel-entities [role=alert]");
    expect(complaints).toEqual([expect.stringContaining("413")]);
    await close();
  });

  test("a note of 100 kB moves nothing while it is read, and only what is seen is made", async () => {
    const fresh = await openPage(browser, served.url);
    try {
      await fresh.page.evaluate(() => {
        const shifts: number[] = [];
        Object.assign(globalThis, { shifts });
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) shifts.push((entry as unknown as { value: number }).value);
        }).observe({ type: "layout-shift", buffered: true });
      });
      const long = NOTE.repeat(Math.ceil(100_000 / NOTE.length));
      await openText(fresh.page, long);
      await fresh.page.waitForSelector("#note-text mark", { timeout: 30_000 });
      await fresh.page.getByRole("checkbox", { name: "Word pieces" }).check();
      await fresh.page.waitForSelector("#note-text .piece");
      const shifted = await fresh.page.evaluate(() =>
        (globalThis as unknown as { shifts: number[] }).shifts.reduce((sum, value) => sum + value, 0),
      );
      expect(shifted).toBeLessThan(0.01);
      const counts = await fresh.page.evaluate(() => ({
        pieces: document.querySelectorAll("#note-text .piece").length,
        outline: document.querySelectorAll(".outline .row").length,
        entities: document.querySelectorAll("#panel-entities .row").length,
      }));
      const { tokens } = {
        tokens: Number(
          /([\d,]+) word pieces/.exec((await fresh.page.textContent(".status-bar"))!)![1]!.replace(",", ""),
        ),
      };
      expect(tokens).toBeGreaterThan(15_000);
      expect(counts.pieces).toBeLessThan(tokens / 4);
      expect(counts.outline).toBeLessThan(60);
      expect(counts.entities).toBeLessThan(60);
      // A jump to the last section decorates what it brings into sight.
      await fresh.page.evaluate(() => document.querySelector(".outline .rows")!.scrollTo(0, 1e7));
      await fresh.page.locator(".outline .row").last().click();
      await fresh.page.waitForFunction(
        () => document.querySelector("#note-text .block:last-child .piece") !== null,
      );
      // The outline follows the word that is chosen, also from its other end.
      await fresh.page.evaluate(() => document.querySelector(".outline .rows")!.scrollTo(0, 0));
      await fresh.page.locator("#note-text .block:last-child .piece").first().click();
      await fresh.page.waitForSelector(".outline [aria-current=location]");
      expect(fresh.complaints).toEqual([]);
    } finally {
      await fresh.close();
    }
  });

  test("follows training runs while they grow, over each other, and zooms", async () => {
    await page.getByRole("link", { name: "Training runs" }).click();
    await page.waitForSelector(".run-table tbody tr:nth-child(2)");
    const cells = () =>
      page.$$eval(".run-table tbody tr", (rows) =>
        rows.map((row) => [...row.children].map((cell) => cell.textContent)),
      );
    await expect
      .poll(async () => (await cells()).map(([run, step]) => `${run} ${step}`).sort())
      .toEqual(["first 40", "second 40"]);
    expect(await page.locator(".chart canvas").count()).toBe(4);
    await appendFile(join(folder, "runs", "first", "metrics.jsonl"), metric(41, 0.1234));
    await expect
      .poll(async () => (await cells()).find(([run]) => run === "first"), { timeout: 10_000 })
      .toEqual(["first", "41", "0.123", "0.988", "4.10e-5", "50.0"]);
    await page.getByRole("button", { name: "Zoom in" }).click();
    expect(await page.textContent(".runs-view .toolbar h2")).toBe("Steps 10 to 31");
    await page.getByRole("button", { name: "All steps" }).click();
    const over = page.locator(".u-over").first();
    const box = (await over.boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.5, box.y + 50);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.75, box.y + 60, { steps: 4 });
    await page.mouse.up();
    expect(await page.textContent(".runs-view .toolbar h2")).toMatch(/^Steps 2\d to 3\d$/);
    await page.getByRole("checkbox", { name: /second/ }).uncheck();
    await expect.poll(async () => (await cells()).length).toBe(1);
  });

  test.each(["light", "dark"] as const)("has nothing that axe finds fault with, %s", async (colorScheme) => {
    // The policy keeps scripts of others out; axe is put in from outside the page, past it.
    const fresh = await openPage(browser, served.url, { colorScheme, bypassCSP: true });
    try {
      expect(await violations(fresh.page)).toEqual([]);
      await openText(fresh.page, NOTE);
      await fresh.page.waitForSelector("#note-text mark");
      await fresh.page.getByRole("checkbox", { name: "Sentences" }).check();
      await fresh.page.getByLabel("Compare with").first().selectOption("other");
      await fresh.page.waitForSelector(".key");
      expect(await violations(fresh.page)).toEqual([]);
      await fresh.page.focus("#note-text");
      await fresh.page.keyboard.press("ArrowRight");
      await fresh.page.getByRole("tab", { name: "Mask" }).click();
      await fresh.page.waitForSelector(".fillings li");
      expect(await violations(fresh.page)).toEqual([]);
      for (const tab of ["Attention", "Similar"]) {
        await fresh.page.getByRole("tab", { name: tab }).click();
        await fresh.page.waitForTimeout(300);
        expect(await violations(fresh.page)).toEqual([]);
      }
      await fresh.page.getByRole("link", { name: "Training runs" }).click();
      await fresh.page.waitForSelector(".run-table tbody tr");
      expect(await violations(fresh.page)).toEqual([]);
      await fresh.page.setViewportSize({ width: 390, height: 800 });
      expect(await violations(fresh.page)).toEqual([]);
    } finally {
      await fresh.close();
    }
  });

  test("asks for the key of a guarded server, and uses it", async () => {
    const guarded = await serve(["--model", `tagger=${TAGGER}`], { CLINICALBERT_API_KEY: "k".repeat(40) });
    const fresh = await openPage(browser, guarded.url);
    try {
      await fresh.page.getByLabel("This server wants an API key").fill("wrong");
      await fresh.page.getByRole("button", { name: "Use it" }).click();
      await fresh.page.getByLabel("This key was refused").fill("k".repeat(40));
      await fresh.page.getByRole("button", { name: "Use it" }).click();
      await fresh.page.waitForFunction(() => document.querySelector(".key-form") === null);
      await openText(fresh.page, NOTE);
      await fresh.page.waitForSelector("#note-text mark");
    } finally {
      await fresh.close();
      await guarded.stop();
    }
  });

  test("runs a model in this browser that has no safetensors file, and keeps it for the next time", async () => {
    const legacy = join(folder, "legacy");
    await mkdir(legacy);
    for (const file of ["config.json", "vocab.txt", "tokenizer_config.json"])
      await copyFile(join(FILLER, file), join(legacy, file));
    await copyFile(join(FILLER, "legacy.bin"), join(legacy, "pytorch_model.bin"));
    const old = await serve(["--model", `old=${legacy}`]);
    const fresh = await openPage(browser, old.url);
    try {
      await openText(fresh.page, NOTE);
      await fresh.page.getByText("In this browser", { exact: true }).click();
      const firstFilling = async (): Promise<string | null> => {
        await fresh.page.focus("#note-text");
        await fresh.page.keyboard.press("ArrowRight");
        await fresh.page.getByRole("tab", { name: "Mask" }).click();
        await fresh.page.waitForSelector(".fillings li");
        return fresh.page.locator(".fillings li").first().textContent();
      };
      const filling = await firstFilling();
      expect(filling).not.toBe("");
      const weights = "GET /models/old/files/model.safetensors";
      expect(fresh.requests.filter((request) => request === weights)).toHaveLength(1);
      expect(fresh.requests.filter((request) => request.startsWith("POST"))).toEqual([]);
      await fresh.page.reload();
      await openText(fresh.page, NOTE);
      await fresh.page.getByText("In this browser", { exact: true }).click();
      expect(await firstFilling()).toBe(filling);
      expect(fresh.requests.filter((request) => request === weights)).toHaveLength(1);
      expect(fresh.complaints).toEqual([]);
    } finally {
      await fresh.close();
      await old.stop();
    }
  });

  test("has asked nobody else for anything, and the browser has had nothing to complain of", () => {
    expect(watched.requests.length).toBeGreaterThan(10);
    expect(watched.complaints).toEqual([]);
  });
});
