import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { synthesizeNotes } from "../../src/notes/synthesize/index.js";
import { runCli } from "../cli/run-cli.js";

// Training starts a worker thread, which needs the built files.
const built = new URL("../../dist/recipes/demo.js", import.meta.url).href;
const { runDemo } = (await import(built)) as typeof import("../../src/recipes/demo.js");

const root = mkdtempSync(join(tmpdir(), "demo-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const SMALL = {
  trainingNotes: 300,
  heldOutNotes: 100,
  topics: 3,
  vocabularySize: 600,
  heldOutInstances: 200,
  hiddenSize: 32,
  layerCount: 1,
  steps: 12,
  batchSize: 8,
  warmupSteps: 2,
};

const weights = (folder: string): string =>
  readFileSync(join(folder, "model", "model.safetensors")).toString("base64");

test("the whole way: stages in order, baselines beside the result, a report that needs nothing else", async () => {
  const folder = join(root, "whole");
  const seen = new Set<string>();
  const result = await runDemo({
    folder,
    settings: SMALL,
    threads: 1,
    onProgress: (stage) => seen.add(stage),
  });
  const names = [
    "make notes, split",
    "learn vocabulary",
    "build instances",
    "pretrain",
    "save model",
    "evaluate",
    "fill [MASK]",
  ];
  expect(result.stages.map(({ name }) => name)).toEqual(names);
  expect([...seen]).toEqual(names);
  for (const stage of result.stages) {
    expect(stage.items).toBeGreaterThan(0);
    expect(stage.peakBytes).toBeGreaterThan(30e6);
  }
  const { scores } = result;
  expect(scores.nextSentencePairs).toBe(200);
  expect(scores.nextSentenceInterval[0]).toBeLessThan(scores.nextSentenceAccuracy);
  expect(scores.bigram).toBeGreaterThan(scores.mostFrequentToken);
  expect(result.examples).toHaveLength(5);
  for (const { fillings } of result.examples) expect(fillings).toHaveLength(3);
  const files = ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "vocab.txt"];
  for (const file of files) expect(existsSync(join(result.model, file)), file).toBe(true);
  const report = readFileSync(result.report, "utf8");
  expect(report).not.toMatch(/https?:|<script|<link|<img|url\(|@import/);
  expect(report.match(/<svg/g)).toHaveLength(2);
  expect(report).toContain("prefers-color-scheme: dark");
  expect(report).toContain("CHF with leg swelling this morning, given [MASK]");
});

describe("stopping", () => {
  test("a demonstration that is stopped in training goes on, to the same bits", async () => {
    const [stopped, whole] = [join(root, "stopped"), join(root, "unstopped")];
    const stop = new AbortController();
    const first = runDemo({
      folder: stopped,
      settings: SMALL,
      threads: 1,
      signal: stop.signal,
      onProgress: (stage, done) => {
        if (stage === "pretrain" && done >= 3 * SMALL.batchSize) stop.abort(new Error("stop"));
      },
    });
    await expect(first).rejects.toMatchObject({ code: "ABORTED" });
    expect(existsSync(join(stopped, "report.html"))).toBe(false);
    const again: string[] = [];
    const result = await runDemo({
      folder: stopped,
      settings: SMALL,
      threads: 1,
      onProgress: (stage) => again.push(stage),
    });
    expect(new Set(again)).toEqual(new Set(["pretrain", "save model", "evaluate", "fill [MASK]"]));
    expect(result.stages).toHaveLength(7);
    expect(result.stages[3]!.items).toBeLessThan(SMALL.steps * SMALL.batchSize);
    const other = await runDemo({ folder: whole, settings: SMALL, threads: 1 });
    expect(weights(stopped)).toBe(weights(whole));
    expect(result.scores).toEqual(other.scores);
  });

  test("a finished demonstration begins anew, one with another seed too; a foreign folder is left alone", async () => {
    const folder = join(root, "again");
    const settings = { ...SMALL, steps: 2 };
    const first = await runDemo({ folder, settings, threads: 1 });
    const seen = new Set<string>();
    const second = await runDemo({
      folder,
      settings,
      threads: 1,
      seed: 2,
      onProgress: (stage) => seen.add(stage),
    });
    expect(seen.size).toBe(7);
    expect(second.scores).not.toEqual(first.scores);
    const foreign = join(root, "foreign");
    mkdirSync(foreign);
    writeFileSync(join(foreign, "thesis.txt"), "years of work");
    await expect(runDemo({ folder: foreign })).rejects.toMatchObject({ code: "STAGE_FOLDER" });
    expect(readFileSync(join(foreign, "thesis.txt"), "utf8")).toBe("years of work");
  });

  test("Ctrl-C during training ends the command within two seconds with 130; the finished stages stay", async () => {
    const out = join(root, "interrupted");
    let killed = 0;
    const outcome = await runCli(["demo", "--out", out, "--threads", "1"], {
      onStart: (child) => {
        const timer = setInterval(() => {
          if (!existsSync(join(out, "run", "metrics.jsonl"))) return;
          clearInterval(timer);
          setTimeout(() => {
            killed = performance.now();
            child.kill("SIGINT");
          }, 300);
        }, 50);
      },
    });
    expect(performance.now() - killed).toBeLessThan(2000);
    expect(outcome.code).toBe(130);
    expect(outcome.stderr).toMatch(/Stopped after \d+ of \d+ updates\. .*\[ABORTED\]/);
    const { stages } = JSON.parse(readFileSync(join(out, "demo.json"), "utf8"));
    expect(stages).toHaveLength(3);
  });
});

describe("notes of the user", () => {
  /** Synthetic notes that the demonstration cannot know to be synthetic. */
  const notes = join(root, "notes.jsonl");
  const texts = [...synthesizeNotes({ seed: 4, count: 150 })];
  writeFileSync(
    notes,
    texts
      .map(({ id, patientId, text }) => `${JSON.stringify({ id, patient_id: patientId, text })}\n`)
      .join(""),
  );

  test("no line of a note, nor anything that the model says, stands in the report", async () => {
    const folder = join(root, "own");
    const result = await runDemo({ folder, sources: [notes], settings: SMALL, threads: 1 });
    expect(result.synthetic).toBe(false);
    expect(result.examples).toEqual([]);
    const report = readFileSync(result.report, "utf8");
    const lines = texts.flatMap(({ text }) => text.split("\n")).map((line) => line.trim());
    expect(lines.filter((line) => line.length > 12 && report.includes(line))).toEqual([]);
    expect(report).not.toContain("Fill the mask");
    expect(report).not.toContain(root);
    const told = await runDemo({ folder, sources: [notes], settings: SMALL, threads: 1, includeText: true });
    expect(told.examples).toHaveLength(5);
  });

  test("a missing file, an empty one and one that is too small are told apart", async () => {
    const run = (path: string) =>
      runDemo({ folder: join(root, "bad"), sources: [path], settings: SMALL, threads: 1 });
    await expect(run(join(root, "none.jsonl"))).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
    const empty = join(root, "empty.jsonl");
    writeFileSync(empty, "");
    await expect(run(empty)).rejects.toMatchObject({ code: "NOTES_TOO_FEW" });
    const small = join(root, "small.jsonl");
    writeFileSync(
      small,
      Array.from(
        { length: 3 },
        (_, id) => `${JSON.stringify({ id: String(id), text: "No cough. No pain." })}\n`,
      ).join(""),
    );
    await expect(run(small)).rejects.toMatchObject({
      code: "NOTES_TOO_FEW",
    });
  });
});

test("a note that is not valid UTF-8 is named by its record, never quoted, before anything else is said", async () => {
  const notes = join(root, "latin1.jsonl");
  writeFileSync(notes, Buffer.from('{"id":"1","text":"secretive caf\xe9"}\n', "latin1"));
  const { code, stderr } = await runCli(["demo", "--notes", notes, "--out", join(root, "latin1")]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/latin1\.jsonl: record 1 at byte 0 is left out|latin1\.jsonl: record 1 is left out/);
  expect(stderr).toContain("[NOTES_TOO_FEW]");
  expect(stderr).not.toContain("secretive");
});
