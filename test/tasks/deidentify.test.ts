/** @file De-identification with a real, if random, model: spans, copies, recall kept beside the model, and nothing where a window fails. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RowModel } from "../../src/pipelines/index.js";
import {
  type DeidModel,
  type DeidRecall,
  deidentify,
  type EntityExample,
  measureRecall,
  NO_DETERMINATION,
  openDeidModel,
  RECALL_FILE,
  recallLines,
  Surrogates,
  writeRecall,
} from "../../src/tasks/index.js";
import { runCli } from "../cli/run-cli.js";

const LABELS = ["O", "B-DATE", "I-DATE", "B-PATIENT", "I-PATIENT"];
const folder = mkdtempSync(join(tmpdir(), "deid-"));
const plain = join(import.meta.dirname, "../oracle/checkpoints/token-classification");
let model: DeidModel;

beforeAll(async () => {
  cpSync(plain, join(folder, "model"), { recursive: true });
  const path = join(folder, "model", "config.json");
  const config = JSON.parse(readFileSync(path, "utf8")) as { id2label: Record<string, string> };
  const size = Object.keys(config.id2label).length;
  config.id2label = Object.fromEntries(Array.from({ length: size }, (_, id) => [id, LABELS[id] ?? "O"]));
  writeFileSync(path, JSON.stringify(config));
  model = await openDeidModel(join(folder, "model"), { on_notice: () => undefined });
});
afterAll(async () => {
  await model.dispose();
  rmSync(folder, { recursive: true });
});

const note = (id: string, patientId?: string) => ({
  id,
  text: `Patient ${id} denies chest pain, has mild fever. ${"lung heart rate was left and right with aspirin . ".repeat(30)}`,
  ...(patientId === undefined ? {} : { patientId }),
});

describe("deidentify", () => {
  it("gives spans in order and a copy that differs from the note there alone", async () => {
    const [result] = await deidentify(model, [note("a")], { threshold: 0.8, replace: "placeholder" });
    const { entities, text, notice } = result!;
    const original = note("a").text;
    expect(notice).toBe(NO_DETERMINATION);
    expect(entities.length).toBeGreaterThan(0);
    let rebuilt = "";
    let at = 0;
    for (const { span, label } of entities) {
      expect(span[0]).toBeGreaterThanOrEqual(at);
      rebuilt += `${original.slice(at, span[0])}[**${label}**]`;
      at = span[1];
    }
    expect(text).toBe(rebuilt + original.slice(at));
  });

  it("finds more the lower the threshold, and everything at nearly none", async () => {
    const counts: number[] = [];
    for (const threshold of [0.95, 0.8, 0.5, 0.0001]) {
      const [result] = await deidentify(model, [note("a")], { threshold });
      counts.push(result!.entities.reduce((sum, { span: [start, end] }) => sum + end - start, 0));
    }
    expect([...counts].sort((a, b) => a - b)).toEqual(counts);
    expect(counts[3]).toBeGreaterThanOrEqual(note("a").text.replace(/\s/g, "").length);
  });

  it("gives notes of one patient the same surrogates", async () => {
    const surrogates = new Surrogates(Buffer.alloc(32, 3));
    const copies = await deidentify(model, [note("a", "p"), note("a", "p"), note("a", "q")], {
      threshold: 0.5,
      replace: "surrogate",
      surrogates,
    });
    expect(copies[0]!.text).toBe(copies[1]!.text);
    expect(copies[0]!.text).not.toBe(copies[2]!.text);
    expect(copies[0]!.text).not.toBe(note("a").text);
  });

  it("reads sentence by sentence with a model that was trained so, and leaves no character out", async () => {
    const text = "\n  Patient has fever. He denies chest pain.\nlung rate\n\n";
    const asked: number[] = [];
    const counting: RowModel = {
      ...({ config: model.model.config } as RowModel),
      readRows(rows, options) {
        asked.push(rows.length);
        return model.model.readRows(rows, options);
      },
    };
    const reader = { ...model, model: counting, sentences: { maxLength: 16 } };
    const [whole] = await deidentify(reader, [{ id: "a", text }], { threshold: 0.0001 });
    expect(asked).toEqual([3]);
    const found = whole!.entities.map(({ span }) => text.slice(...span)).join("");
    expect(found.replace(/\s/g, "")).toBe(text.replace(/\s/g, ""));
    const [empty] = await deidentify(reader, [{ id: "b", text: " \n" }], { threshold: 0.0001 });
    expect(empty!.entities).toEqual([]);
  });

  it("gives nothing at all when one window of one note fails or is not finite", async () => {
    const broken = (spoil: (rows: Float32Array[]) => Float32Array[]): RowModel => ({
      ...({ config: model.model.config } as RowModel),
      async readRows(rows, options) {
        return spoil(await model.model.readRows(rows, options));
      },
    });
    const notANumber = broken((rows) => {
      rows.at(-1)!.fill(Number.NaN);
      return rows;
    });
    const failing = broken(() => {
      throw new Error("out of memory");
    });
    const run = (rows: RowModel) =>
      deidentify({ ...model, model: rows }, [note("a"), note("b")], { threshold: 0.5 });
    await expect(run(notANumber)).rejects.toMatchObject({ code: "DEID_FAILED" });
    await expect(run(failing)).rejects.toThrow("out of memory");
  });

  it("refuses a model whose classes are no PHI, and a threshold outside its range", async () => {
    await expect(openDeidModel(plain, { on_notice: () => undefined })).rejects.toMatchObject({
      code: "DEID_MODEL",
    });
    await expect(deidentify(model, [note("a")], { threshold: 0 })).rejects.toMatchObject({ code: "USAGE" });
  });
});

describe("the recall beside a model", () => {
  it("is used with the weights that it was measured of, and with no others", async () => {
    const { text } = note("a");
    const gold: EntityExample = {
      kind: "entities",
      id: "a",
      documentId: "a",
      text,
      entities: [{ label: "PATIENT", spans: [[8, 9]] }],
    };
    const found = await deidentify(model, [gold], { threshold: 0.0001 });
    const recall: DeidRecall = {
      format: 1,
      weights: model.weights,
      dtype: "fp32",
      threshold: 0.0001,
      data: "test",
      ...measureRecall(
        [gold],
        found.map(({ entities }) => entities),
      ),
    };
    expect(recall.all).toMatchObject({ tokens: 1, tokenRecall: 1 });
    await writeRecall(model.folder, recall);
    const again = await openDeidModel(model.folder, { on_notice: () => undefined });
    expect(again.recall).toEqual(recall);
    expect(recallLines(recall).join("\n")).toContain("NAME        tokens 100.0 % [20.7 %, 100.0 %] of 1;");
    // The measured threshold is the default.
    const [whole] = await deidentify(again, [gold]);
    expect(whole!.entities).toEqual(found[0]!.entities);
    await again.dispose();
    await writeRecall(model.folder, { ...recall, weights: "0".repeat(64) });
    const other = await openDeidModel(model.folder, { on_notice: () => undefined });
    expect(other.recall).toBeNull();
    await other.dispose();
    await writeRecall(model.folder, { ...recall, dtype: "q8" });
    const quantized = await openDeidModel(model.folder, { on_notice: () => undefined });
    expect(quantized.recall).toBeNull();
    await quantized.dispose();
    rmSync(join(model.folder, RECALL_FILE));
  });

  it("is measured, printed and kept by the command line; predict prints it and says that it is no determination", async () => {
    const gold = join(folder, "gold.jsonl");
    const { text } = note("a");
    writeFileSync(
      gold,
      `${JSON.stringify({
        ...{ id: "a", text },
        entities: [
          { label: "PATIENT", spans: [[8, 9]] },
          { label: "PATIENT", spans: [[99_000, 99_001]] },
          { label: "PER", spans: [[0, 7]] },
        ],
      })}\n`,
    );
    const source = join(folder, "model");
    const before = await runCli(["predict", "--task", "deid", "--model", source], {
      input: `${JSON.stringify({ id: "a", text })}\n`,
    });
    expect(before.code).toBe(0);
    expect(before.stderr).toContain("has not been measured");
    const measured = await runCli([
      "evaluate",
      "deid",
      "--model",
      source,
      "--gold",
      gold,
      "--format",
      "jsonl",
      "--threshold",
      "0.001",
    ]);
    expect([measured.code, measured.stdout]).toEqual([
      0,
      expect.stringContaining("all PHI     tokens 100.0 %"),
    ]);
    expect(measured.stderr).toContain(`1 × outside-text, the first ${gold}:1`);
    expect(measured.stderr).toContain("1 entities are of no PHI class and not counted: PER");
    const key = join(folder, "key");
    const predict = ["predict", "--task", "deid", "--model", source, "--replace", "surrogate", "--key", key];
    const input = `${JSON.stringify({ id: 7, text, patientId: "p" })}\n{"id":8}\n`;
    const first = await runCli(predict, { input });
    const second = await runCli(predict, { input });
    expect(first.code).toBe(1);
    expect(first.stderr).toContain("recall on gold.jsonl (1 notes, threshold 0.001)");
    expect(first.stderr).toContain("no Safe Harbor determination");
    const [line, refused] = first.stdout
      .trim()
      .split("\n")
      .map((each) => JSON.parse(each) as Record<string, unknown>);
    expect(line).toMatchObject({ id: 7, notice: NO_DETERMINATION });
    expect(line!["text"]).not.toBe(text);
    expect(refused).toMatchObject({ id: 8, error: { code: "USAGE" } });
    expect(second.stdout).toBe(first.stdout);
  });

  it("knows a patient by every name that notes have for one, and no patient and no id as none", async () => {
    const { text } = note("a");
    const lines = [
      { patientId: "p" },
      { patient_id: "p" },
      { SUBJECT_ID: "p" },
      { id: null },
      { id: null },
      {},
    ];
    const { stdout, stderr } = await runCli(
      ["predict", "--task", "deid", "--model", join(folder, "model"), "--replace", "surrogate"],
      { input: lines.map((line) => `${JSON.stringify({ ...line, text })}\n`).join("") },
    );
    const copies = stdout
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { text: string }).text);
    expect(new Set(copies.slice(0, 3)).size).toBe(1);
    expect(new Set(copies).size).toBe(4);
    expect(stderr).toContain("3 notes say no patient");
  });

  it("has one key, also where several processes make it at once", async () => {
    const key = join(folder, "shared.key");
    const predict = ["predict", "--task", "deid", "--model", join(folder, "model"), "--replace", "surrogate"];
    const input = `${JSON.stringify({ patientId: "p", text: note("a").text })}\n`;
    const runs = await Promise.all([1, 2, 3].map(() => runCli([...predict, "--key", key], { input })));
    const again = await runCli([...predict, "--key", key], { input });
    expect(runs.map(({ stdout }) => stdout)).toEqual([again.stdout, again.stdout, again.stdout]);
  });
});
