/**
 * @file Makes the pictures of the README: the page on synthetic notes, light and dark, in Chromium.
 *
 * Usage: node --import tsx scripts/screenshots.ts --model NAME=DIR [--model …] --runs DIR (after `npm run build`)
 *
 * Models: one that finds entities, fine-tuned on the examples of `scripts/annotate-synthetic-notes.ts`, and one of `clinicalbert demo`, which fills masks.
 */
import { mkdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { Browser, Page } from "playwright-core";
import { synthesizeNotes } from "../src/index.js";
import { launchChromium } from "../test/web/chromium.js";
import { openPage, openText, serve } from "../test/web/served-page.js";

const FOLDER = resolve(import.meta.dirname, "../docs/images");
/** The README is read over slow lines too. */
const LARGEST = 300_000;
const SIZE = { width: 1360, height: 820 };
const SEED = 5;

const { values } = parseArgs({
  options: { model: { type: "string", multiple: true, default: [] }, runs: { type: "string" } },
});

/** The diagnoses that `demo` has read of, so that its model knows what to expect. */
const TOPICS = 8;

const notes = [...synthesizeNotes({ seed: SEED, count: 12, topics: TOPICS })].map(({ text }) => text);
const note = notes.reduce((longest, text) => (text.length > longest.length ? text : longest), "");

/** Walks to the first word after a phrase of the note. */
async function walkTo(page: Page, phrase: RegExp): Promise<void> {
  const words = note.slice(0, note.search(phrase)).match(/[\p{L}\p{N}\p{M}]+/gu)?.length ?? 0;
  await page.focus("#note-text");
  for (let word = 0; word <= words; word++) await page.keyboard.press("ArrowRight");
}

async function save(page: Page, name: string): Promise<void> {
  await page.waitForTimeout(400);
  const path = join(FOLDER, name);
  await page.screenshot({ path });
  const { size } = await stat(path);
  if (size > LARGEST) throw new Error(`${name} has ${size} bytes, more than ${LARGEST}.`);
  console.log(`${path} ${size} bytes`);
}

async function takeNote(browser: Browser, url: string): Promise<void> {
  const { page, close } = await openPage(browser, url, { viewport: SIZE, colorScheme: "light" });
  await openText(page, note, "discharge-summary.txt");
  await page.locator("#note-text mark").first().waitFor();
  await save(page, "page-entities.png");
  await close();
}

async function takeMask(browser: Browser, url: string): Promise<void> {
  const { page, close } = await openPage(browser, url, { viewport: SIZE, colorScheme: "dark" });
  await openText(page, note, "discharge-summary.txt");
  await page.locator("#note-text mark").first().waitFor();
  await page.getByText("In this browser", { exact: true }).click();
  await walkTo(page, / (?=EtOH\s+cirrhosis\s+and\s+kept)/);
  await page.getByRole("tab", { name: "Mask" }).click();
  await page.locator(".fillings li").first().waitFor({ timeout: 120_000 });
  await page.locator("#note-text mark").first().waitFor({ timeout: 120_000 });
  await page.locator(".fetched").waitFor({ state: "detached" });
  await save(page, "page-mask.png");
  await close();
}

async function takeRuns(browser: Browser, url: string): Promise<void> {
  const { page, close } = await openPage(browser, `${url}/#runs`, { viewport: SIZE, colorScheme: "light" });
  await page.locator(".run-table tbody tr").first().waitFor();
  await page.waitForTimeout(1500);
  await save(page, "page-runs.png");
  await close();
}

await mkdir(FOLDER, { recursive: true });
const served = await serve([
  ...values.model.flatMap((model) => ["--model", model]),
  ...(values.runs === undefined ? [] : ["--runs", values.runs]),
]);
const browser = await launchChromium();
try {
  await takeNote(browser, served.url);
  await takeMask(browser, served.url);
  if (values.runs !== undefined) await takeRuns(browser, served.url);
} finally {
  await browser.close();
  await served.stop();
}
