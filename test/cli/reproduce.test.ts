/** The command `reproduce` as a user runs it, on a tiny model and synthetic data in the published formats. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeMednli, writeTinyModel } from "../tasks/small-finetuning.js";
import { deidentifiable, write2014, writePublishedSets } from "../tasks/synthetic-i2b2.js";
import { runCli } from "./run-cli.js";

const folder = mkdtempSync(join(tmpdir(), "reproduce-cli-"));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (...names: string[]): string => join(folder, ...names);
let model: string;

beforeAll(async () => {
  model = await writeTinyModel(folder);
  await writeMednli(at("mednli"));
  await runCli(["synthesize", "--notes", "400", "--format", "noteevents", "--out", at("notes.csv")]);
});

/** Runs it and kills it with a signal that cannot be caught once its log has `text`. */
function runUntil(args: readonly string[], text: string) {
  return runCli(args, {
    onStart: (child) => {
      let log = "";
      child.stderr?.on("data", (chunk) => {
        log += chunk;
        if (log.includes(text)) child.kill("SIGKILL");
      });
    },
  });
}

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

  test("refuses flags of a pretraining that nothing asks for", async () => {
    const { code, stderr } = await runCli([
      "reproduce",
      "alsentzer2019",
      "--pretrain-steps",
      "2",
      "--dry-run",
    ]);
    expect(code).toBe(2);
    expect(stderr).toContain("--pretrain-steps is of pretraining, which needs --mimic");
  });

  test("goes from notes to the whole table, through two kills", async () => {
    await writePublishedSets(at("portal"));
    const args = [
      ...["reproduce", "alsentzer2019", "--model", `bert=${model}`, "--mimic", at("notes.csv")],
      ...["--mednli", at("mednli"), "--i2b2", at("portal"), "--grid", "none", "--pretrain-steps", "2"],
      ...["--out", at("chain"), "--threads", "1"],
    ];
    const first = await runUntil(args, "pretraining discharge-summary-bert");
    expect(first.signal).toBe("SIGKILL");
    expect(existsSync(at("chain", "pretraining", "clinical-bert", "model", "config.json"))).toBe(true);
    const second = await runUntil(args, "clinical-bert on i2b2-2006: 1 run");
    expect(second.signal).toBe("SIGKILL");
    expect(second.stderr).toContain("bert on i2b2-2014: f1 ");
    const result = at("chain", "finetuning", "bert", "i2b2-2010", "result.json");
    const { mtimeMs } = statSync(result);

    const done = await runCli([...args, "--json"]);
    expect(done.code).toBe(0);
    // What was finished is not done again.
    expect(statSync(result).mtimeMs).toBe(mtimeMs);
    expect(done.stderr.match(/epoch 1:/g)).toHaveLength(9);
    const { figures, missing } = JSON.parse(done.stdout) as {
      figures: { model: string; task: string; paper: number; ours: { score: number; interval: number[] } }[];
      missing: { part: string }[];
    };
    const models = ["bert", "clinical-bert", "discharge-summary-bert"];
    const tasks = ["mednli", "i2b2-2006", "i2b2-2010", "i2b2-2012", "i2b2-2014"];
    expect(figures.map(({ model, task }) => [model, task])).toEqual(
      models.flatMap((name) => tasks.map((task) => [name, task])),
    );
    expect(figures[2]).toMatchObject({ task: "i2b2-2010", paper: 83.5 });
    expect(figures.filter(({ paper }) => paper === 86.4)).toHaveLength(2);
    expect(
      figures.every(({ ours: { score, interval } }) => interval[0]! <= score && score <= interval[1]!),
    ).toBe(true);
    expect(missing.map(({ part }) => part)).toEqual([
      ...["model biobert", "model bio-clinical-bert", "model bio-discharge-summary-bert"],
      ...["sentence splitter", "pretraining"],
    ]);
    const recipe = (name: string, task: string) =>
      JSON.parse(readFileSync(at("chain", "finetuning", name, task, "recipe.json"), "utf8")) as {
        recipe: { model: string; preset: string };
      };
    expect(recipe("clinical-bert", "i2b2-2012").recipe).toMatchObject({
      model: at("chain", "pretraining", "clinical-bert", "model"),
      preset: "alsentzer2019",
    });
  }, 180_000);

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
