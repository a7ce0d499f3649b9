/**
 * @file What the page costs the main thread of the browser: a note of 100 kB is opened, decorated with word pieces, and
 * scrolled through. Processor time of that thread, tasks over 50 ms, and what moved.
 */
import { join, resolve } from "node:path";
import { synthesizeNotes } from "../src/index.js";
import { CHROMIUM, launchChromium } from "../test/web/chromium.js";
import { openPage, openText, ORACLE, serve } from "../test/web/served-page.js";

const CHARACTERS = 100_000;
const SCROLLS = 60;

/** Expressions for the page, which this file's types do not know. */
const OBSERVE = `
  globalThis.seen = { tasks: [], shift: 0 };
  new PerformanceObserver((list) => { for (const { duration } of list.getEntries()) seen.tasks.push(duration); }).observe({ type: "longtask" });
  new PerformanceObserver((list) => { for (const { value } of list.getEntries()) seen.shift += value; }).observe({ type: "layout-shift" });`;
const SCROLL = `new Promise((done) => {
  const note = document.getElementById("note-text");
  let step = 0;
  const next = () => {
    note.scrollTo(0, (note.scrollHeight * ++step) / ${SCROLLS});
    if (step < ${SCROLLS}) requestAnimationFrame(next); else requestAnimationFrame(() => done());
  };
  next();
})`;

interface Seen {
  readonly tasks: readonly number[];
  readonly shift: number;
}

export const bench = {
  summary: "the page's main thread with a note of 100 kB: processor time, long tasks, layout shift",
  async run(): Promise<void> {
    if (CHROMIUM === undefined) return console.log("no Chromium here");
    const served = await serve(["--model", `tagger=${resolve(join(ORACLE, "token-classification"))}`]);
    const browser = await launchChromium();
    try {
      const { page } = await openPage(browser, served.url);
      const session = await page.context().newCDPSession(page);
      await session.send("Performance.enable", { timeDomain: "threadTicks" });
      const busy = async (): Promise<number> => {
        const { metrics } = await session.send("Performance.getMetrics");
        return metrics.find(({ name }) => name === "TaskDuration")!.value;
      };
      await page.evaluate(OBSERVE);
      let told: Seen = { tasks: [], shift: 0 };
      const measure = async (what: string, work: () => Promise<unknown>): Promise<void> => {
        const before = await busy();
        await work();
        await page.waitForTimeout(200);
        const cpu = (await busy()) - before;
        const seen = (await page.evaluate("seen")) as Seen;
        const tasks = seen.tasks.slice(told.tasks.length);
        const longest = tasks.length === 0 ? "none" : `${Math.max(...tasks).toFixed(0)} ms the longest`;
        console.log(
          `${what.padEnd(38)} ${(1000 * cpu).toFixed(0).padStart(5)} ms of processor; over 50 ms: ${tasks.length} (${longest}); shift ${(seen.shift - told.shift).toFixed(4)}`,
        );
        told = seen;
      };
      const notes = [...synthesizeNotes({ seed: 1, count: 200 })].map(({ text }) => text);
      const text = notes.join("\n\n").slice(0, CHARACTERS);
      await measure("open, sections and sentences", () => openText(page, text));
      await measure("entities drawn", () => page.locator("#note-text mark").first().waitFor());
      const scroll = async (what: string): Promise<void> => {
        await page.evaluate("document.getElementById('note-text').scrollTo(0, 0)");
        await page.waitForTimeout(200);
        await measure(`${SCROLLS} frames to the end, ${what}`, () => page.evaluate(SCROLL));
      };
      // The tagger has random weights: nearly every word is an entity, ten times what a real one finds.
      const label = page.locator(".legend .label").first();
      await label.click();
      await scroll("no entity");
      await label.click();
      await scroll("words drawn");
      await measure("word pieces", async () => {
        await page.getByRole("checkbox", { name: "Word pieces" }).check();
        await page.locator("#note-text .piece").first().waitFor();
      });
      await scroll("and pieces");
      await page.focus("#note-text");
      await measure("20 words by arrow keys", async () => {
        for (let word = 0; word < 20; word++) await page.keyboard.press("ArrowRight");
      });
    } finally {
      await browser.close();
      await served.stop();
    }
  },
};
