/** `clinicalbert pretrain` over 200 steps against the PyTorch rendering of the published optimizer: the whole way, files to files. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { writeBertConfig } from "../../src/bert/index.js";
import { openWeights, writeSafetensors } from "../../src/checkpoint/index.js";
import { formatInstance } from "../../src/instances/index.js";
import { learningRateAt, type Schedule } from "../../src/training/schedule.js";
import { distance, instanceOf, isKeyBias, type PlainInstance, readGolden } from "../training/golden.js";
import { runCli } from "./run-cli.js";

interface Expected {
  readonly instances: readonly PlainInstance[];
  readonly batches: readonly (readonly number[])[];
  readonly schedule: Schedule;
  readonly losses: readonly number[];
  readonly float32LossErrors: readonly number[];
  readonly float32WeightErrors: Readonly<Record<string, readonly number[]>>;
}

/** The first pieces of the vocabulary; what the others are does not matter. */
const VOCABULARY = ["[PAD]", "[CLS]", "[SEP]", "[MASK]", "[UNK]"];
const folder = mkdtempSync(join(tmpdir(), "trajectory-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("losses, rates and final weights are within twice PyTorch's rounding", async () => {
  const { config, expected, group } = await readGolden<Expected>("trajectory-tanh");
  const path = (name: string) => join(folder, name);
  writeFileSync(path("config.json"), JSON.stringify(writeBertConfig(config, "BertForPreTraining")));
  writeFileSync(
    path("vocab.txt"),
    Array.from({ length: config.vocabSize }, (_, id) => `${VOCABULARY[id] ?? `word${id}`}\n`).join(""),
  );
  await writeSafetensors(path("model.safetensors"), group("parameter"));
  const lines = expected.batches.flat().map((row) => formatInstance(instanceOf(expected.instances[row]!)));
  writeFileSync(path("all.jsonl"), lines.map((line) => `${line.trimEnd()}\n`).join(""));

  const { learningRate, warmupSteps, totalSteps } = expected.schedule;
  const size = expected.batches[0]!.length;
  const flags = Object.entries({
    init: folder,
    instances: path("all.jsonl"),
    steps: totalSteps,
    batch: size,
    "micro-batch": 6,
    "learning-rate": learningRate,
    warmup: warmupSteps,
    dropout: 0,
    order: "file",
    out: path("run"),
  }).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const outcome = await runCli(["pretrain", ...flags, "--json"]);
  expect(outcome.code).toBe(0);
  // 20 steps of warm-up: what the published optimizer makes of them is said, and nothing else.
  expect(outcome.stderr).toMatch(
    /^clinicalbert: the update of step 19 .* 5\.\d times --learning-rate, .*\n$/,
  );

  const metrics = readFileSync(path("run/metrics.jsonl"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { step: number; loss: number; learning_rate: number });
  expect(metrics.map(({ step }) => step)).toEqual(expected.losses.map((_, index) => index + 1));
  expect(metrics.map((line) => line.learning_rate)).toEqual(
    expected.losses.map((_, index) => learningRateAt(index, expected.schedule)),
  );
  const squares = metrics.reduce((sum, { loss }, index) => sum + (loss - expected.losses[index]!) ** 2, 0);
  expect(Math.sqrt(squares / totalSteps)).toBeLessThan(2 * Math.max(...expected.float32LossErrors));

  const weights = await openWeights((JSON.parse(outcome.stdout) as { model: string }).model);
  for (const [name, final] of group("final")) {
    const limit = isKeyBias(name) ? 1e-6 : 2 * Math.max(...expected.float32WeightErrors[name]!);
    expect(distance(await weights.read(name), final), name).toBeLessThan(limit);
  }
  await weights.close();
});
