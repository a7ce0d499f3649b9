/** The loop on small data: what it names when it stops, what it evaluates and keeps, what it records. In this thread, without the command. */
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exportModelFolder } from "../../src/checkpoint/folder/export-folder.js";
import { openWeights } from "../../src/checkpoint/index.js";
import { PRETRAINING_HEADS } from "../../src/bert/index.js";
import { openInstances } from "../../src/instances/open-instances.js";
import { initializeParameters } from "../../src/training/parameter-vector.js";
import { type PretrainOutcome, pretrain } from "../../src/training/pretrain.js";
import { createTrainingState } from "../../src/training/pretrainer.js";
import type { PretrainRecipe } from "../../src/training/recipe.js";
import { readRun, runPaths } from "../../src/training/run-directory.js";
import { readStepLog } from "../../src/training/step-log.js";
import type { PretrainEvent } from "../../src/training/training-loop.js";
import { SMALL_CONFIG, type SmallJob, writeSmallJob } from "./small-run.js";

let folder: string;
let job: SmallJob;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "loop-"));
  job = await writeSmallJob(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function recipe(changes: Partial<PretrainRecipe> = {}): PretrainRecipe {
  return {
    config: SMALL_CONFIG,
    init: null,
    instances: [job.instances],
    heldOut: [],
    evaluateEvery: 0,
    evaluateSequences: 0,
    order: "file",
    steps: 12,
    batchSize: 4,
    microBatch: 4,
    learningRate: 1e-2,
    warmupSteps: 2,
    dropout: 0,
    seed: 3,
    checkpointEvery: 100,
    keepCheckpoints: 1,
    device: "cpu",
    threads: 1,
    vocabulary: null,
    ...changes,
  };
}

function run(
  name: string,
  changes: Partial<PretrainRecipe> = {},
  events: PretrainEvent[] = [],
): Promise<PretrainOutcome> {
  return pretrain(
    { recipe: recipe(changes), folder: join(folder, name), origins: { steps: "given" } },
    { onEvent: (event) => events.push(event), stopped: () => false },
  );
}

test("a batch that diverges is named by file and record, and nothing after it is written", async () => {
  const { weights } = createTrainingState(SMALL_CONFIG);
  initializeParameters(weights, 0.1, 1);
  // Token 77 is poisoned: the first batch with it cannot be trained on.
  const { data } = weights.tensors.get("bert.embeddings.word_embeddings.weight")!;
  (data as Float32Array).fill(Number.NaN, 77 * SMALL_CONFIG.hiddenSize, 78 * SMALL_CONFIG.hiddenSize);
  const init = join(folder, "poisoned");
  await exportModelFolder(init, {
    config: SMALL_CONFIG,
    heads: PRETRAINING_HEADS,
    parameters: weights.tensors,
    tokenizer: null,
    card: { title: "", origin: "", facts: [] },
    onnx: [],
  });
  const reader = await openInstances([job.instances, job.more]);
  // The decoder is tied to the embeddings: every loss has the poisoned logit in it, so the first batch is the one.
  reader.close();
  const error = await run("diverged", { init, instances: [job.instances, job.more] }).catch(
    (thrown) => thrown,
  );
  expect(error).toMatchObject({
    code: "TRAINING_DIVERGED",
    details: { step: 0, instances: [0, 1, 2, 3].map((record) => `${job.instances}:${record}`) },
  });
  expect(error.message).toContain(`${job.instances}:0`);
  expect(readStepLog(runPaths(join(folder, "diverged")).metrics)).toEqual([]);
});

describe("evaluation", () => {
  test("comes at its steps and at the end, takes as many as were asked for, and changes no update", async () => {
    const events: PretrainEvent[] = [];
    const plain = await run("plain");
    const judged = await run(
      "judged",
      { heldOut: [job.heldOut], evaluateEvery: 5, evaluateSequences: 30 },
      events,
    );
    const lines = events.flatMap((event) => (event.kind === "evaluated" ? [event.line] : []));
    expect(lines.map(({ step, sequences }) => [step, sequences])).toEqual([
      [5, 30],
      [10, 30],
      [12, 30],
    ]);
    expect(judged.evaluation).toEqual(lines[2]);
    const model = (outcome: PretrainOutcome): Buffer =>
      readFileSync(join(outcome.model!, "model.safetensors"));
    expect(model(judged).equals(model(plain))).toBe(true);
    const all = await run("all", { heldOut: [job.heldOut] });
    expect(all.evaluation).toMatchObject({ step: 12, sequences: 50 });
  });

  test("keeps the best weights, and their model where the last ones are worse", async () => {
    // Far too high a rate: the loss on other instances has its lowest value before the end.
    const outcome = await run("best", {
      heldOut: [job.heldOut],
      evaluateEvery: 2,
      learningRate: 0.3,
      steps: 20,
    });
    const lines = readStepLog<{ step: number; masked_lm_loss: number }>(
      runPaths(join(folder, "best")).evaluations,
    );
    const lowest = Math.min(...lines.map((line) => line.masked_lm_loss));
    expect(outcome.best).toMatchObject({ masked_lm_loss: lowest });
    expect(outcome.best!.step).toBeLessThan(20);
    expect(outcome.best!.model).toBe(join(folder, "best", "best-model"));
    const [best, kept] = await Promise.all([
      openWeights(outcome.best!.model!),
      openWeights(join(folder, "best", "checkpoints", "best.safetensors")),
    ]);
    const name = "bert.embeddings.word_embeddings.weight";
    expect((await best.read(name)).data).toEqual((await kept.read(name)).data);
    await Promise.all([best.close(), kept.close()]);
  });
});

test("a run records its recipe, where values are from, versions and keyed hashes: others for the same data in another run", async () => {
  const [first, second] = [join(folder, "plain"), join(folder, "again")];
  await run("again");
  const [a, b] = [await readRun(runPaths(first)), await readRun(runPaths(second))];
  expect(a).toMatchObject({ origins: { steps: "given" }, recipe: { seed: 3 } });
  expect(Object.keys(a!.versions)).toEqual(["clinicalbert", "onnxruntime", "node"]);
  expect(a!.data[0]!.hash).toMatch(/^[0-9a-f]{64}$/);
  expect(a!.data[0]!.bytes).toBe(b!.data[0]!.bytes);
  expect(a!.data[0]!.hash).not.toBe(b!.data[0]!.hash);
  expect(statSync(runPaths(first).key).mode & 0o777).toBe(0o600);
});

test("TFRecords that TensorFlow wrote are trained on, plain and gzipped, to the same model", async () => {
  const models = [];
  for (const name of ["tensorflow.tfrecord", "tensorflow.tfrecord.gz"]) {
    const path = fileURLToPath(new URL(`../oracle/instances/${name}`, import.meta.url));
    const reader = await openInstances(path);
    const vocabSize =
      1 +
      Math.max(
        ...Array.from({ length: reader.count }, (_, at) =>
          Math.max(...reader.read(at).ids, ...reader.read(at).maskedIds),
        ),
      );
    const config = { ...SMALL_CONFIG, vocabSize, maxPositions: reader.maxLength };
    reader.close();
    const outcome = await run(name, { config, instances: [path], steps: 30, order: "shuffled" });
    const lines = readStepLog<{ step: number; loss: number }>(runPaths(join(folder, name)).metrics);
    const mean = (part: typeof lines): number => part.reduce((sum, { loss }) => sum + loss, 0) / part.length;
    expect(mean(lines.slice(-5))).toBeLessThan(mean(lines.slice(0, 5)) - 0.3);
    models.push(readFileSync(join(outcome.model!, "model.safetensors")));
  }
  expect(models[0]!.equals(models[1]!)).toBe(true);
});
