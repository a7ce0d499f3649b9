/** @file The example of fine-tuning from the library, as its usage line says. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { formatExamples } from "../../src/tasks/index.js";
import { drugNotes, writeTinyModel } from "./small-finetuning.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "example-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("examples/finetuning/finetune-a-tagger.ts trains, tests and writes", async () => {
  const model = await writeTinyModel(folder);
  const [file] = formatExamples(drugNotes(60, 1), "conll").files;
  writeFileSync(join(folder, "notes.tsv"), file!.contents);
  const args = ["--import", "tsx", "examples/finetuning/finetune-a-tagger.ts", model];
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [...args, join(folder, "notes.tsv"), join(folder, "run")],
    { cwd: root, encoding: "utf8" },
  );
  expect([status, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/^epoch 3: f1 0\.\d{4}$/m);
  expect(stdout).toMatch(/^test F1 [01]\.\d{4}, model in .*model$/m);
  expect(stdout).toMatch(/^\d+ brat files, the first is .*\.txt$/m);
  expect(existsSync(join(folder, "run", "model", "config.json"))).toBe(true);
}, 60_000);
