/** `clinicalbert pretrain --notes` from notes to model, stopped in every stage; the report, the dry run, the budget of memory, purge. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BERT_BASE, writeBertConfig } from "../../src/bert/index.js";
import { synthesizeNotes } from "../../src/notes/synthesize/index.js";
import { runCli } from "./run-cli.js";

const BIN = fileURLToPath(new URL("../../dist/cli/bin.js", import.meta.url));
const root = mkdtempSync(join(tmpdir(), "pretrain-notes-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const path = (...names: string[]): string => join(root, ...names);
const letters =
  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:;/%()-+*[]<>'\"#&=?!_".split("");
const VOCABULARY = [
  "[PAD]",
  "[UNK]",
  "[CLS]",
  "[SEP]",
  "[MASK]",
  ...letters,
  ...letters.map((each) => `##${each}`),
];
const notes = [...synthesizeNotes({ seed: 5, count: 120 })];

beforeAll(() => {
  const config = {
    ...BERT_BASE,
    ...{ vocabSize: VOCABULARY.length, hiddenSize: 16, layerCount: 1, headCount: 2 },
    ...{ intermediateSize: 32, maxPositions: 48 },
  };
  writeFileSync(path("config.json"), JSON.stringify(writeBertConfig(config, "BertForPreTraining")));
  writeFileSync(path("vocab.txt"), VOCABULARY.map((token) => `${token}\n`).join(""));
  const lines = notes.map(({ id, text, patientId, category }) =>
    JSON.stringify({ id, text, patient_id: patientId, category }),
  );
  writeFileSync(path("notes.jsonl"), `${lines.join("\n")}\n`);
});

const RECIPE = {
  "--max-length": 48,
  "--max-predictions": 6,
  "--dupe-factor": 1,
  "--steps": 8,
  "--batch": 8,
  "--warmup": 1,
  "--hold-out": 5,
  "--evaluate-every": 3,
  "--evaluate-sequences": 24,
  "--checkpoint-every": 2,
  "--threads": 1,
};

function argumentsFor(name: string, changes: Record<string, string | number> = {}): string[] {
  return [
    ...["pretrain", "--config", path("config.json"), "--vocab", path("vocab.txt")],
    ...["--notes", path("notes.jsonl"), "--out", path(name)],
    ...Object.entries({ ...RECIPE, ...changes }).flatMap(([flag, value]) => [flag, String(value)]),
  ];
}

/** Hashes of what a run makes, whatever the time. */
function made(name: string): Record<string, string> {
  const files = [
    "instances/training.instances",
    "instances/held-out.instances",
    "evaluations.jsonl",
    "model/model.safetensors",
  ];
  return Object.fromEntries(
    files.map((file) => [
      file,
      createHash("sha256")
        .update(readFileSync(path(name, file)))
        .digest("hex"),
    ]),
  );
}

test("notes to model; no patient is on both sides", async () => {
  const { code, stdout, stderr } = await runCli(argumentsFor("whole"));
  expect([code, stderr.match(/\d+ training and \d+ held-out instances/)]).toEqual([0, expect.anything()]);
  expect(stdout).toContain(path("whole", "model"));
  const patients = ["training", "held-out"].map((side) =>
    readFileSync(path("whole", "corpus", side, "notes.notes.jsonl"), "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => (JSON.parse(line) as { patientId: string }).patientId),
  );
  expect(patients[0]!.length + patients[1]!.length).toBe(notes.length);
  expect(patients[1]!.filter((patient) => patients[0]!.includes(patient))).toEqual([]);
  expect(readdirSync(path("whole", "model"))).toContain("vocab.txt");
  // What is passed on says nothing of a note and nothing of where the notes were.
  const report = readFileSync(path("whole", "report.html"), "utf8");
  expect(report).not.toContain(root);
  expect(JSON.parse(readFileSync(path("whole", "recipe.json"), "utf8"))).toMatchObject({
    origins: { steps: "given", dropout: "default of this package", preset: "none" },
  });
});

test("killed again and again, in whatever stage, the same command ends with the same bits", async () => {
  let kills = 0;
  for (const wait of [250, 400, 550, 700, 900, 1200, 1600]) {
    const child = spawn(process.execPath, [BIN, ...argumentsFor("killed")], { stdio: "ignore" });
    const timer = setTimeout(() => child.kill("SIGKILL"), wait);
    const signal = await new Promise((resolve) => child.on("close", (_, by) => resolve(by)));
    clearTimeout(timer);
    if (signal === "SIGKILL") kills++;
  }
  expect(kills).toBeGreaterThan(0);
  expect((await runCli(argumentsFor("killed"))).code).toBe(0);
  expect(made("killed")).toEqual(made("whole"));
});

test("other values of the first stages in the same folder are refused", async () => {
  const { code, stderr } = await runCli(argumentsFor("whole", { "--dupe-factor": 2 }));
  expect([code, stderr]).toEqual([1, expect.stringContaining("[STAGE_FOLDER]")]);
});

test("a preset's categories are the notes that are read, and can be overridden", async () => {
  const category = notes[0]!.category!;
  const { code } = await runCli([...argumentsFor("one-category"), "--category", category]);
  expect(code).toBe(0);
  const count = (name: string): number =>
    ["training", "held-out"].reduce((sum, side) => {
      const manifest = JSON.parse(readFileSync(path(name, "corpus", side, "manifest.json"), "utf8"));
      return sum + manifest.counts.notes;
    }, 0);
  expect(count("one-category")).toBe(notes.filter((note) => note.category === category).length);
});

test("a budget of memory chooses the micro-batch once: a run goes on with the one that it began with", async () => {
  const begin = await runCli(["pretrain", ...small("budget"), "--memory", "4GB"]);
  expect(begin.code).toBe(0);
  const recorded = (name: string): number =>
    (JSON.parse(readFileSync(path(name, "recipe.json"), "utf8")) as { recipe: { microBatch: number } }).recipe
      .microBatch;
  expect(recorded("budget")).toBe(8);
  // Enough for two or three sequences at once, as a new run shows; the run that is there stays what it was.
  const less = "170.6MB";
  expect(await runCli(["pretrain", ...small("budget"), "--memory", less])).toMatchObject({ code: 0 });
  expect(recorded("budget")).toBe(8);
  expect(await runCli(["pretrain", ...small("less"), "--memory", less])).toMatchObject({ code: 0 });
  expect([2, 3]).toContain(recorded("less"));
  const both = await runCli(["pretrain", ...small("budget"), "--memory", "1GB", "--micro-batch", "2"]);
  expect([both.code, both.stderr]).toEqual([2, expect.stringContaining("--memory chooses")]);
  const tiny = await runCli(["pretrain", ...small("tiny"), "--memory", "1MB"]);
  expect([tiny.code, tiny.stderr, existsSync(path("tiny"))]).toEqual([
    1,
    expect.stringContaining("[TRAINING_MEMORY]"),
    false,
  ]);
});

function small(name: string): string[] {
  return [
    ...["--config", path("config.json"), "--instances", path("whole", "instances", "training.instances")],
    ...["--steps", "2", "--warmup", "1", "--batch", "8", "--threads", "1", "--out", path(name)],
  ];
}

test("--explain names a source for every value; --dry-run measures and makes nothing", async () => {
  const explained = await runCli(["pretrain", "--preset", "bio-clinical-bert", "--batch", "16", "--explain"]);
  expect(explained.stdout).toMatch(/--steps +150000 +model card/);
  expect(explained.stdout).toMatch(/--batch +16 +given; the preset has 32/);
  const { code, stdout } = await runCli([
    ...[
      "pretrain",
      "--config",
      path("config.json"),
      "--instances",
      path("whole", "instances", "training.instances"),
    ],
    ...["--steps", "100000", "--dry-run", "--json", "--out", path("dry")],
  ]);
  expect(code).toBe(0);
  const report = JSON.parse(stdout) as Record<string, number>;
  expect(report["totalSeconds"]).toBeCloseTo(100_000 * report["secondsPerStep"]!, 3);
  expect(report["estimatedBytes"]).toBeGreaterThan(1e8);
  expect(existsSync(path("dry"))).toBe(false);
});

describe("report", () => {
  test("of one run and of two: nothing from outside, a policy that allows its own style alone", async () => {
    for (const [runs, charts] of [
      [["whole"], 4],
      [["whole", "one-category"], 3],
    ] as const) {
      const { code, stdout } = await runCli(["report", ...runs.map((name) => path(name))]);
      expect(code).toBe(0);
      expect(stdout).not.toMatch(/https?:|<script|<link|<img|url\(|@import|style="/);
      const style = /<style>(.*?)<\/style>/s.exec(stdout)![1]!;
      const digest = createHash("sha256").update(style).digest("base64");
      expect(stdout).toContain(`default-src 'none'; style-src 'sha256-${digest}'`);
      expect(stdout.match(/<svg/g)).toHaveLength(charts);
      expect(stdout).toContain("prefers-color-scheme: dark");
    }
  });

  test("of a folder that is no run is refused", async () => {
    mkdirSync(path("nothing"), { recursive: true });
    expect(await runCli(["report", path("nothing")])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("[RUN_FOLDER]"),
    });
  });
});

describe("purge", () => {
  test("removes a run, and asks before unless it is told not to", async () => {
    expect((await runCli(["purge", path("budget")])).code).toBe(2);
    expect(existsSync(path("budget", "recipe.json"))).toBe(true);
    const { code, stdout } = await runCli(["purge", path("budget"), "--yes", "--json"]);
    expect([code, (JSON.parse(stdout) as { kind: string }).kind]).toEqual([0, "run"]);
    expect(existsSync(path("budget"))).toBe(false);
  });

  test("refuses what is not ours, a link, and a folder around this one", async () => {
    mkdirSync(path("mine"), { recursive: true });
    writeFileSync(path("mine", "recipe.json"), '{"format":"pancakes"}');
    symlinkSync(path("whole"), path("link"));
    writeFileSync(path("recipe.json"), '{"format":"clinicalbert-run-1"}');
    for (const name of ["mine", "link"])
      expect(await runCli(["purge", "--yes", path(name)])).toMatchObject({
        code: 1,
        stderr: expect.stringContaining("[RUN_FOLDER]"),
      });
    const child = spawn(process.execPath, [BIN, "purge", "--yes", root], {
      cwd: path("mine"),
      stdio: "ignore",
    });
    expect(await new Promise((resolve) => child.on("close", resolve))).toBe(1);
    expect(existsSync(path("mine", "recipe.json"))).toBe(true);
    expect(existsSync(path("whole", "recipe.json"))).toBe(true);
  });

  test("removes a corpus too", async () => {
    expect((await runCli(["purge", "--yes", path("whole", "corpus", "training")])).code).toBe(0);
    expect(existsSync(path("whole", "corpus", "training"))).toBe(false);
  });
});
