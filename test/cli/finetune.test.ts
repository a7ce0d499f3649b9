/** The commands `finetune` and `evaluate model` as a user runs them, on a tiny model. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { EntityExample } from "../../src/tasks/index.js";
import { drugNotes, writeMednli, writeTinyModel } from "../tasks/small-finetuning.js";
import { runCli } from "./run-cli.js";

const folder = mkdtempSync(join(tmpdir(), "finetune-cli-"));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (...names: string[]): string => join(folder, ...names);
let model: string;

/** Two columns, an empty line after each note. */
function asConll(notes: readonly EntityExample[]): string {
  return notes
    .map(({ text, entities }) => {
      const lines: string[] = [];
      for (const match of text.matchAll(/\w+|\./g)) {
        const entity = entities.find(
          ({ spans: [span] }) => span![0] <= match.index && match.index < span![1],
        );
        const tag = entity === undefined ? "O" : entity.spans[0]![0] === match.index ? "B-DRUG" : "I-DRUG";
        lines.push(`${match[0]}\t${tag}\n`);
      }
      return `${lines.join("")}\n`;
    })
    .join("");
}

beforeAll(async () => {
  model = await writeTinyModel(folder);
  for (const [part, count, seed] of [
    ["train", 60, 1],
    ["dev", 10, 2],
    ["test", 20, 3],
  ] as const)
    writeFileSync(at(`${part}.tsv`), asConll(drugNotes(count, seed)));
  writeFileSync(at("unmarked.tsv"), asConll(drugNotes(10, 2).map((note) => ({ ...note, entities: [] }))));
  await writeMednli(at("mednli"));
});

const NER = (): string[] => [
  ...["finetune", "ner", "--model", model, "--train", at("train.tsv"), "--dev", at("dev.tsv")],
  ...[
    "--test",
    at("test.tsv"),
    "--learning-rate",
    "3e-3",
    "--batch",
    "8",
    "--max-length",
    "32",
    "--threads",
    "1",
  ],
];

describe("finetune", () => {
  test("is stopped by SIGINT with 130 and the command that goes on, and goes on; its model is evaluated to the same score", async () => {
    const args = [...NER(), "--epochs", "40", "--patience", "40", "--out", at("run")];
    const stopped = await runCli(args, {
      onStart: (child) => {
        const metrics = at("run", "metrics.jsonl");
        const timer = setInterval(() => {
          if (!existsSync(metrics) || readFileSync(metrics, "utf8").split("\n").length < 5) return;
          clearInterval(timer);
          child.kill("SIGINT");
        }, 20);
        child.on("close", () => clearInterval(timer));
      },
    });
    expect(stopped.code).toBe(130);
    expect(stopped.stderr).toContain("[ABORTED]");
    expect(stopped.stderr).toContain(`clinicalbert finetune ner --model ${model}`);
    const done = await runCli([...args, "--json"]);
    expect(done.code).toBe(0);
    expect(done.stderr).toMatch(/goes on after update \d+ of 320/);
    const report = JSON.parse(done.stdout) as { runs: { test: number }[]; splits: { sha256: string }[] };
    expect(report.runs[0]!.test).toBeGreaterThan(0.9);
    const tested = await runCli([
      "evaluate",
      "model",
      "--model",
      at("run", "model"),
      "--test",
      at("test.tsv"),
      "--json",
    ]);
    const scores = JSON.parse(tested.stdout) as { metric: string; score: number; documents_sha256: string };
    expect(scores).toMatchObject({
      metric: "f1",
      score: report.runs[0]!.test,
      documents_sha256: report.splits[2]!.sha256,
    });
    writeFileSync(at("other.tsv"), "lasix\tB-Drug\n");
    writeFileSync(at("nothing.tsv"), "\n");
    const evaluate = (name: string) =>
      runCli(["evaluate", "model", "--model", at("run", "model"), "--test", at(name), "--samples", "0"]);
    expect((await evaluate("other.tsv")).stderr).toContain("does not know Drug of the test data");
    expect((await evaluate("unmarked.tsv")).stderr).toContain("the test data mark no entity");
    expect((await evaluate("nothing.tsv")).stderr).toContain(`There is no example in ${at("nothing.tsv")}`);
  });

  test("prints a table of seeds with mean and interval", async () => {
    const { code, stdout } = await runCli([...NER(), "--epochs", "2", "--seeds", "2", "--out", at("seeds")]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^test: 20 examples, documents sha256 [0-9a-f]{64}$/m);
    expect(stdout).toMatch(/^seed-2 /m);
    expect(stdout).toMatch(/^test f1: 0\.\d{4} \[.*\] \(95 % t over 2 runs\)$/m);
  });

  test("of pairs is asked for pairs alone", async () => {
    const parts = ["train", "dev"].flatMap((part) => [`--${part}`, at("mednli", `mli_${part}_v1.jsonl`)]);
    const args = ["finetune", "nli", "--model", model, ...parts, "--epochs", "1", "--threads", "1"];
    const trained = await runCli([...args, "--max-length", "32", "--out", at("nli")]);
    expect(trained.code).toBe(0);
    // Premises of two files are no shared documents because they are both the first.
    expect(trained.stderr).not.toContain("documents stand");
    const { code, stdout } = await runCli(["predict", "--model", at("nli", "model")], {
      input: '{"id":1,"text":"the patient","text_pair":"the patient"}\n{"id":2,"text":"the patient"}\n',
    });
    expect(code).toBe(1);
    const [pair, half] = stdout.trim().split("\n");
    expect(pair).toContain('"labels"');
    expect(half).toContain("text_pair");
  });

  test("prints the documents of every fold, and says when folds share patients", async () => {
    const notes = drugNotes(30, 1).map((note) => JSON.stringify(note));
    writeFileSync(at("notes.jsonl"), `${notes.join("\n")}\n`);
    const args = ["finetune", "ner", "--model", model, "--train", at("notes.jsonl"), "--epochs", "1"];
    const folds = [...args, "--max-length", "32", "--threads", "1", "--cross-validation", "3"];
    const { code, stdout, stderr } = await runCli([...folds, "--out", at("folds")]);
    expect(code).toBe(0);
    const hashes = stdout.match(/^fold-\d test: 10 examples, documents sha256 [0-9a-f]{64}$/gm)!;
    expect(new Set(hashes).size).toBe(3);
    expect(stderr).toMatch(/fold-0: [2-7] patients stand in the train and in the dev data/);
    const apart = await runCli([...folds, "--split-by", "patient", "--out", at("apart"), "--json"]);
    expect(apart.stderr).not.toContain("patients stand");
    const { splits } = JSON.parse(apart.stdout) as { splits: { part: string; sha256: string }[] };
    expect(splits.map(({ part }) => part).slice(0, 3)).toEqual(["fold-0 train", "fold-0 dev", "fold-0 test"]);
    // Of three folds each is a test part, a development part and a train part once.
    expect(new Set(splits.map(({ sha256 }) => sha256)).size).toBe(3);
  });

  test.each<[string, () => string[], number, string]>([
    [
      "no development set",
      () => NER().filter((word) => word !== "--dev" && word !== at("dev.tsv")),
      1,
      "FINETUNE_DATA",
    ],
    ["a split and a dev file", () => [...NER(), "--split", "80/10/10"], 2, "USAGE"],
    ["two series at once", () => [...NER(), "--seeds", "2", "--grid", "paper"], 2, "USAGE"],
    [
      "a grid with a rate of one's own",
      () => [...NER().filter((word) => word !== "--batch" && word !== "8"), "--grid", "paper"],
      2,
      "--learning-rate",
    ],
    [
      "a development set in which nobody marked anything",
      () => NER().map((word) => (word === at("dev.tsv") ? at("unmarked.tsv") : word)),
      1,
      "The dev data mark no entity",
    ],
    ["shares that are none", () => [...NER(), "--split", "80/20"], 2, "80/10/10"],
    [
      "a format that no name tells",
      () => [...NER().slice(0, 5), at("tiny"), "--dev", at("dev.tsv")],
      2,
      "--format",
    ],
    [
      "pairs for ner",
      () => [
        "finetune",
        "ner",
        "--model",
        model,
        "--train",
        at("mednli", "mli_train_v1.jsonl"),
        "--format",
        "nli",
      ],
      1,
      "FINETUNE_DATA",
    ],
    ["a task that is none", () => ["finetune", "nerd", ...NER().slice(2)], 2, "ner, nli, classification"],
  ])("refuses %s", async (_, args, code, part) => {
    const outcome = await runCli([...args(), "--out", at("refused")]);
    expect(outcome.code).toBe(code);
    expect(outcome.stderr).toContain(part);
    expect(existsSync(at("refused", "recipe.json"))).toBe(false);
  });
});
