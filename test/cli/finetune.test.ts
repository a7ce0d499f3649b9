/** The commands `finetune`, `evaluate model` and `reproduce` as a user runs them, on a tiny model. */
import { mkdtempSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { EntityExample } from "../../src/tasks/index.js";
import { drugNotes, markedPairs, writeTinyModel } from "../tasks/small-finetuning.js";
import { deidentifiable, write2014 } from "../tasks/synthetic-i2b2.js";
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
  mkdirSync(at("mednli"));
  for (const [part, count] of [
    ["train", 60],
    ["dev", 20],
    ["test", 20],
  ] as const)
    writeFileSync(
      at("mednli", `mli_${part}_v1.jsonl`),
      markedPairs(count, count + part.length)
        .map(
          ({ text, pair, label, id }) =>
            `${JSON.stringify({ sentence1: text, sentence2: pair, gold_label: label === "yes" ? "entailment" : "neutral", pairID: id })}\n`,
        )
        .join(""),
    );
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
  });

  test("prints a table of seeds with mean and interval", async () => {
    const { code, stdout } = await runCli([...NER(), "--epochs", "2", "--seeds", "2", "--out", at("seeds")]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^test: 20 examples, documents sha256 [0-9a-f]{64}$/m);
    expect(stdout).toMatch(/^seed-2 /m);
    expect(stdout).toMatch(/^test f1: 0\.\d{4} \[.*\] \(95 % t over 2 runs\)$/m);
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

describe("reproduce", () => {
  test("plans with an estimate, says what is missing, and prints figures beside the paper's", async () => {
    for (const [part, seed] of [
      ["training", 1],
      ["testing", 2],
    ] as const) {
      const place = at("i2b2", "2014", part);
      mkdirSync(place, { recursive: true });
      await write2014(place, deidentifiable(seed, part === "training" ? 12 : 4));
    }
    const args = [
      ...[
        "reproduce",
        "alsentzer2019",
        "--model",
        `bert=${model}`,
        "--mednli",
        at("mednli"),
        "--i2b2",
        at("i2b2"),
      ],
      ...["--out", at("paper"), "--threads", "1"],
    ];
    const plan = await runCli([...args, "--dry-run"]);
    expect(plan.code).toBe(0);
    expect(plan.stdout).toMatch(/^bert on mednli +12 +\d+\.\d$/m);
    expect(plan.stdout).toMatch(/^bert on i2b2-2014 +18 +\d+\.\d$/m);
    expect(plan.stdout).toContain("physionet.org/content/mimiciii");
    expect(plan.stdout).toMatch(/i2b2-2006: .*portal\.dbmi\.hms\.harvard\.edu/);
    expect(existsSync(at("paper"))).toBe(false);

    const mednli = [...args.slice(0, 6), "--out", at("paper"), "--threads", "1", "--grid", "none"];
    const done = await runCli(mednli);
    expect(done.code).toBe(0);
    expect(done.stdout).toMatch(
      /^bert +mednli \(accuracy\) +\d+\.\d +[\d.]+–[\d.]+ +77\.6 +-?\d+\.\d +rate 5e-5, batch 32, epochs 3$/m,
    );
    const again = await runCli([...mednli, "--json"]);
    const { figures } = JSON.parse(again.stdout) as { figures: { paper: number; task: string }[] };
    expect(figures).toMatchObject([{ task: "mednli", paper: 77.6 }]);
  });

  test("plans the pretraining of what is not given, and names the splitter that the paper had", async () => {
    writeFileSync(at("NOTEEVENTS.csv"), "");
    const args = ["reproduce", "alsentzer2019", "--model", `biobert=${model}`, "--dry-run", "--threads", "1"];
    const plan = await runCli([...args, "--mimic", at("NOTEEVENTS.csv")]);
    expect(plan.stdout).toMatch(/^pretraining bio-clinical-bert +1 +\d+\.\d$/m);
    expect(plan.stdout).toMatch(/^ {2}sentence splitter: .*en_core_sci_md 0\.1\.0.*--splitter-model/m);
    const without = await runCli([...args, "--mimic", at("missing.csv")]);
    expect(without.stderr).toContain("[FILE_NOT_FOUND]");
  });

  test("pretrains with the sections of the published script, which loses notes", async () => {
    await runCli(["synthesize", "--notes", "400", "--format", "noteevents", "--out", at("notes.csv")]);
    const args = ["reproduce", "alsentzer2019", "--model", `bert=${model}`, "--mimic", at("notes.csv")];
    const stop = (out: string) => ({
      onStart: (child: { kill(signal: "SIGINT"): void; on(event: "close", then: () => void): void }) => {
        const metrics = join(out, "pretraining", "clinical-bert", "metrics.jsonl");
        const timer = setInterval(() => {
          if (existsSync(metrics) && readFileSync(metrics, "utf8") !== "") child.kill("SIGINT");
        }, 20);
        child.on("close", () => clearInterval(timer));
      },
    });
    const published = await runCli(
      [...args, "--out", at("published"), "--threads", "1"],
      stop(at("published")),
    );
    expect(published.stderr).toMatch(/section rules alsentzer2019 refuse \d+ notes/);
    const corrected = await runCli(
      [...args, "--rules", "corrected", "--out", at("corrected"), "--threads", "1"],
      stop(at("corrected")),
    );
    expect(corrected.stderr).not.toContain("refuse");
    const manifest = (out: string) =>
      JSON.parse(
        readFileSync(at(out, "pretraining", "clinical-bert", "corpus", "training", "manifest.json"), "utf8"),
      );
    expect(manifest("published").sectionRules).toBe("alsentzer2019");
    expect(manifest("corrected").sectionRules).toBe("corrected");
  });

  test.each<[string, string[], string]>([
    ["nothing given", [], "Nothing can be reproduced"],
    ["a model that the table does not have", ["--model", "gpt=x"], "bio-clinical-bert"],
    ["a folder without data", ["--model", "bert=x", "--mednli", "/tmp"], "mli_train_v1.jsonl"],
  ])("refuses %s", async (_, args, part) => {
    const outcome = await runCli(["reproduce", "alsentzer2019", ...args]);
    expect(outcome.code).not.toBe(0);
    expect(outcome.stderr).toContain(part);
  });
});
