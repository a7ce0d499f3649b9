/** A model that learned from sentences reads a note in the page as it does on the server: the same entities, in real Chromium. */
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { synthesizeNotes } from "../../src/index.js";
import type { Entity } from "../../src/server/api.js";
import { post } from "../server/serve.js";
import { CHROMIUM, launchChromium, NEEDS_CHROMIUM } from "./chromium.js";
import { ORACLE, openPage, openText, type Served, serve } from "./served-page.js";

const WINDOWS = join(ORACLE, "token-classification");
const TOLERANCE = 1e-4;

/** A whole note; a sentence of many windows; characters of two units; line ends of another system. */
const NOTE = [
  ...[...synthesizeNotes({ seed: 12, count: 2 })].map(({ text }) => text),
  "🙂 patient denies chest pain , fever and tachycardia . she was given aspirins daily !\r\n",
  `lung ${"clear and mild chest pain with fever ".repeat(12)}.`,
].join("\n");

interface Exported {
  readonly entities: readonly {
    readonly span: readonly [number, number];
    readonly label: string;
    readonly score: number;
  }[];
}

describe.skipIf(CHROMIUM === undefined)(`notes by sentences in ${NEEDS_CHROMIUM}`, () => {
  let folder: string;
  let browser: Browser;
  let served: Served;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "clinicalbert-sentences-"));
    const learned = join(folder, "learned");
    await cp(WINDOWS, learned, { recursive: true });
    await writeFile(join(learned, "finetuning.json"), '{"task":"ner","maxLength":20}');
    [browser, served] = await Promise.all([
      launchChromium(),
      serve(["--model", `learned=${learned}`, "--model", `windows=${WINDOWS}`]),
    ]);
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await served?.stop();
    await rm(folder, { recursive: true });
  }, 60_000);

  async function fromServer(model: string): Promise<Entity[]> {
    const { body } = await post(`${served.url}/token-classification`, { inputs: NOTE, model });
    return body as Entity[];
  }

  async function fromBrowser(model: string): Promise<Exported["entities"]> {
    const { page, requests, complaints, close } = await openPage(browser, served.url);
    try {
      await page.getByText("In this browser", { exact: true }).click();
      await openText(page, NOTE);
      await page.locator("#panel-entities select").first().selectOption(model);
      await page.locator("#note-text mark").first().waitFor();
      const saving = page.waitForEvent("download");
      await page.getByRole("button", { name: "Export JSON" }).click();
      const exported = JSON.parse(await readFile(await (await saving).path(), "utf8")) as Exported & {
        readonly model: string;
      };
      expect(exported.model).toBe(model);
      expect(requests.filter((request) => request.startsWith("POST"))).toEqual([]);
      expect(complaints).toEqual([]);
      return exported.entities;
    } finally {
      await close();
    }
  }

  test.each(["learned", "windows"])("the model %s finds what it finds on the server", async (model) => {
    const wanted = await fromServer(model);
    const got = await fromBrowser(model);
    expect(got.map(({ label, span }) => [label, ...span])).toEqual(
      wanted.map(({ entity_group, start, end }) => [entity_group, start, end]),
    );
    expect(got.length).toBeGreaterThan(20);
    for (const [index, { score }] of got.entries())
      expect(Math.abs(score - wanted[index]!.score)).toBeLessThan(TOLERANCE);
  });

  test("the two readings differ, or the test above would tell nothing", async () => {
    const places = (entities: readonly Entity[]) => entities.map(({ start, end }) => `${start}–${end}`);
    expect(places(await fromServer("learned"))).not.toEqual(places(await fromServer("windows")));
  });
});
