/** @file Predictions in every written format, by `evaluate model`, `finetune` and `predict`: read back, they score the same. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { drugNotes, writeTinyModel } from "../tasks/small-finetuning.js";
import { runCli } from "./run-cli.js";

const folder = mkdtempSync(join(tmpdir(), "prediction-formats-"));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (...names: string[]): string => join(folder, ...names);

/** i2b2 2010: one sentence a line, tokens between blanks; a blank line first and after the first sentence of each note. */
function writeNotes(part: string, count: number, seed: number): void {
  mkdirSync(at(part), { recursive: true });
  for (const { id, text, entities } of drugNotes(count, seed)) {
    const lines: string[][] = [[], []];
    const concepts: string[] = [];
    for (const match of text.matchAll(/\w+|\./g)) {
      const line = lines.at(-1)!;
      const place = `${lines.length}:${line.length}`;
      line.push(match[0]);
      const entity = entities.find(({ spans: [span] }) => span![0] <= match.index && match.index < span![1]);
      if (entity !== undefined && entity.spans[0]![0] === match.index) {
        const quote = text.slice(...entity.spans[0]!);
        const end = `${lines.length}:${line.length - 1 + quote.split(" ").length - 1}`;
        concepts.push(`c="${quote}" ${place} ${end}||t="drug"\n`);
      }
      if (match[0] === ".") lines.push(...(lines.length === 2 ? [[], []] : [[]]));
    }
    writeFileSync(at(part, `${id}.txt`), lines.map((line) => `${line.join(" ")}\n`).join(""));
    writeFileSync(at(part, `${id}.con`), concepts.join(""));
  }
}

let f1: number;

beforeAll(async () => {
  const model = await writeTinyModel(folder);
  writeNotes("train", 24, 1);
  writeNotes("test", 12, 3);
  const args = ["--train", at("train"), "--test", at("test"), "--format", "i2b2-2010", "--select", "last"];
  const trained = await runCli([
    ...["finetune", "ner", "--model", model, ...args, "--out", at("run"), "--json"],
    ...["--learning-rate", "3e-3", "--batch", "8", "--max-length", "32", "--epochs", "2", "--threads", "1"],
    ...["--predictions-format", "con"],
  ]);
  expect(trained.stderr).toBe("");
  f1 = (JSON.parse(trained.stdout) as { runs: { test: number }[] }).runs[0]!.test;
  // Neither nothing nor everything is found: a wrong reading would change the score.
  expect(f1).toBeGreaterThan(0.2);
  expect(f1).toBeLessThan(1);
}, 60_000);

async function score(args: readonly string[]): Promise<number> {
  const { stdout, stderr, code } = await runCli(["evaluate", "score", ...args, "--samples", "0", "--json"]);
  expect(stderr).toBe("");
  expect(code).toBe(0);
  return (JSON.parse(stdout) as { micro: { f1: number } }).micro.f1;
}

describe("predictions of a labelled test set", () => {
  test("finetune's .con files score the same in the i2b2 scorer, against the gold files themselves", async () => {
    const predicted = at("run", "predictions-test-con");
    expect(await score(["--metric", "i2b2", "--gold", at("test"), "--predicted", predicted])).toBeCloseTo(
      f1,
      12,
    );
    const name = readdirSync(at("test")).find((file) => file.endsWith(".txt"))!;
    expect(readFileSync(join(predicted, name), "utf8").trimEnd()).toBe(
      readFileSync(at("test", name), "utf8").trimEnd(),
    );
  });

  test.each([
    ["con", "i2b2-2010"],
    ["jsonl", "jsonl"],
    ["brat", "brat"],
    ["i2b2-xml", "i2b2-2014"],
    ["prodigy", "prodigy"],
  ])("evaluate model writes %s, which scores the same", async (format, read) => {
    const out = at(`predicted-${format}${/jsonl|prodigy/.test(format) ? ".jsonl" : ""}`);
    const done = await runCli([
      ...["evaluate", "model", "--model", at("run", "model"), "--test", at("test"), "--format", "i2b2-2010"],
      ...["--predictions", out, "--predictions-format", format, "--json"],
    ]);
    expect((JSON.parse(done.stdout) as { score: number }).score).toBeCloseTo(f1, 12);
    const files = ["--gold", at("test"), "--predicted", out, "--format", "i2b2-2010"];
    expect(await score(["--metric", "entities", ...files, "--predicted-format", read])).toBeCloseTo(f1, 12);
  });

  test("evaluate model writes conll, which scores the same", async () => {
    const gold = await runCli([
      "convert-annotations",
      at("test"),
      "--from",
      "i2b2-2010",
      "--to",
      "conll",
      "--out",
      at("gold.tsv"),
    ]);
    expect(gold.code).toBe(0);
    const args = ["--model", at("run", "model"), "--test", at("test"), "--format", "i2b2-2010"];
    await runCli([
      "evaluate",
      "model",
      ...args,
      "--predictions",
      at("found.tsv"),
      "--predictions-format",
      "conll",
    ]);
    const files = ["--metric", "seqeval", "--gold", at("gold.tsv"), "--predicted", at("found.tsv")];
    expect(await score(files)).toBeCloseTo(f1, 12);
  });
});

describe("predict --format", () => {
  const notes = drugNotes(9, 5).map(({ id, text }, index) => ({ id: index < 2 ? "the same/id" : id, text }));
  const input = notes.map((note) => `${JSON.stringify(note)}\n`).join("");
  const run = (args: readonly string[], given = input) =>
    runCli(["predict", "--model", at("run", "model"), ...args], { input: given });

  test("brat, con and i2b2-xml have a file a note, conll marks each note, and all hold what the JSON lines say", async () => {
    const lines = (await run([])).stdout.trimEnd().split("\n");
    const wanted = lines.flatMap((line, note) =>
      (JSON.parse(line) as { entities: { entity_group: string; span: [number, number] }[] }).entities.map(
        ({ entity_group, span }) => [entity_group, notes[note]!.text.slice(...span)],
      ),
    );
    expect(wanted.length).toBeGreaterThan(5);
    for (const [format, read] of [
      ["brat", "brat"],
      ["con", "i2b2-2010"],
      ["i2b2-xml", "i2b2-2014"],
      ["conll", "conll"],
    ] as const) {
      const out = at(format === "conll" ? "notes.tsv" : `notes-${format}`);
      expect((await run(["--format", format, "--out", out])).code).toBe(0);
      const back = await runCli(["convert-annotations", out, "--from", read, "--to", "jsonl"]);
      const found = back.stdout
        .trimEnd()
        .split("\n")
        .flatMap((line) => {
          const { text, entities } = JSON.parse(line) as {
            text: string;
            entities: { label: string; spans: [[number, number]] }[];
          };
          return entities.map(({ label, spans: [span] }) => [label, text.slice(...span)]);
        });
      expect(found.sort()).toEqual([...wanted].sort());
    }
    expect(readdirSync(at("notes-brat")).slice(-4)).toEqual([
      "the_same_id-2.ann",
      "the_same_id-2.txt",
      "the_same_id.ann",
      "the_same_id.txt",
    ]);
    expect(readFileSync(at("notes.tsv"), "utf8").match(/^-DOCSTART-\tO$/gm)).toHaveLength(notes.length);
  });

  test("a note that the format cannot hold has no file, and is named without its text", async () => {
    const bad = `{"id":"n1","text":"the \\u0001secret"}\n{"id":"n2"}\nnonsense\n`;
    const { code, stderr, stdout } = await run(["--format", "i2b2-xml", "--out", at("bad")], bad + input);
    expect(code).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toContain("note n1: n1 has U+0001 at 4, which XML cannot hold.");
    expect(stderr).toContain("note n2: ");
    expect(stderr).toContain("Line 3 is not a JSON object. [USAGE]");
    expect(stderr).not.toContain("secret");
    expect(readdirSync(at("bad"))).toHaveLength(notes.length);
  });

  test.each([
    [["--format", "brat"], "--out"],
    [["--out", "x.jsonl"], "--format"],
    [["--format", "jsonl", "--aggregation", "none"], "--aggregation"],
    [["--format", "jsonl", "--task", "text-classification"], "classes of texts"],
    [["--format", "jsonl", "--task", "deid", "--replace", "placeholder"], "--replace"],
  ])("refuses %j", async (args, part) => {
    const { code, stderr } = await run(args);
    expect(code).toBe(2);
    expect(stderr).toContain(part);
    expect(existsSync("x.jsonl")).toBe(false);
  });
});
