/** `clinicalbert gradients` on weights and a TFRecord of TensorFlow against PyTorch autograd, by the numerics contract. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeBertConfig } from "../../src/bert/index.js";
import { openSafetensors, writeSafetensors } from "../../src/checkpoint/index.js";
import type { Tensor } from "../../src/graph/index.js";
import { errorByName, type Golden, isKeyBias, readGolden } from "../training/golden.js";
import { runCli } from "./run-cli.js";

interface Expected {
  readonly instances: readonly unknown[];
  readonly maskedLmLoss: number;
  readonly nextSentenceLoss: number;
  readonly float32Errors: Readonly<Record<string, number>>;
}

const TFRECORD = new URL("../oracle/pretraining/gradients-gelu.tfrecord", import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), "gradients-"));
const out = join(folder, "gradients.safetensors");
let golden: Golden<Expected>;

beforeAll(async () => {
  golden = await readGolden<Expected>("gradients-gelu");
  const config = writeBertConfig(golden.config, "BertForPreTraining");
  writeFileSync(join(folder, "config.json"), JSON.stringify(config));
  await writeSafetensors(join(folder, "model.safetensors"), golden.group("parameter"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function run(...more: string[]) {
  return runCli(["gradients", "--model", folder, "--instances", TFRECORD, "--out", out, ...more]);
}

test.each([[[]], [["--micro-batch", "1"]], [["--threads", "1", "--micro-batch", "4"]]])(
  "writes PyTorch's gradients and prints its losses %j",
  async (flags) => {
    const { expected } = golden;
    const { code, stdout, stderr } = await run("--batch", String(expected.instances.length), ...flags);
    expect([code, stderr]).toEqual([0, ""]);
    const losses = JSON.parse(stdout) as Record<string, number>;
    expect(losses["masked_lm_loss"]! / expected.maskedLmLoss).toBeCloseTo(1, 6);
    expect(losses["next_sentence_loss"]! / expected.nextSentenceLoss).toBeCloseTo(1, 6);
    expect(losses["loss"]).toBeCloseTo(losses["masked_lm_loss"]! + losses["next_sentence_loss"]!, 5);

    const file = await openSafetensors(out);
    const gradients = new Map<string, Tensor>();
    for (const { name } of file.tensors) gradients.set(name, await file.read(name));
    await file.close();
    const wanted = golden.group("gradient");
    expect([...gradients.keys()].sort()).toEqual([...wanted.keys()].sort());
    for (const [name, error] of errorByName(gradients, wanted))
      if (!isKeyBias(name))
        expect(error, name).toBeLessThanOrEqual(Math.max(2 * expected.float32Errors[name]!, 3e-7));
  },
);

test("refuses a batch that the file does not have", async () => {
  const { code, stderr } = await run("--batch", "7");
  expect(code).toBe(1);
  expect(stderr).toContain("The files have 6 instances, --batch is 7.");
});
