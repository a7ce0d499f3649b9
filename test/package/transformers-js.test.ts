/** What we export is loaded by @huggingface/transformers, and one program gives equal results under both imports. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parameterTable } from "../../src/bert/index.js";
import { exportModelFolder } from "../../src/checkpoint/folder/export-folder.js";
import { openModel } from "../../src/checkpoint/index.js";
import { exportModel } from "../../src/pipelines/export-model.js";
import { loadTokenizer } from "../../src/pipelines/load-tokenizer.js";

const ROOT = new URL("../../", import.meta.url).pathname;
const ORACLE = join(ROOT, "test/oracle/checkpoints");
const BUILT = join(ROOT, "dist/index.js");
const TOLERANCE = 1e-5;

let folder: string;
let theirs: Record<string, unknown>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "exports-"));
  for (const name of ["pretraining", "sequence-classification", "token-classification"]) {
    const model = await openModel(join(ORACLE, name));
    try {
      await exportModel(model, join(folder, name), { onnx: ["fp32", "fp16", "q8"], force: true });
      if (name === "pretraining") await exportEncoder(model);
    } finally {
      await model.close();
    }
  }
  theirs = run("@huggingface/transformers");
}, 120_000);
afterAll(() => rm(folder, { recursive: true }));

/** `BertModel`: the encoder and pooler of the pretraining model. */
async function exportEncoder(model: Awaited<ReturnType<typeof openModel>>): Promise<void> {
  const { tokenizer, maxLength } = await loadTokenizer(model.folder);
  await exportModelFolder(join(folder, "encoder"), {
    config: model.config,
    heads: ["pooler"],
    parameters: await model.readParameters(["pooler"]),
    tokenizer: { wordpiece: tokenizer, maxLength },
    card: { title: "encoder", origin: "test", facts: [] },
    onnx: ["fp32", "fp16"],
  });
  expect(parameterTable(model.config, ["pooler"])).toHaveLength(39);
}

/** In its own process: two copies of onnxruntime in one do not get on. */
function run(module: string): Record<string, unknown> {
  const script = join(ROOT, "test/package/both-imports.mjs");
  const output = execFileSync(process.execPath, [script, module, folder], { encoding: "utf8", cwd: ROOT });
  return JSON.parse(output) as Record<string, unknown>;
}

/** Equal structures, numbers within the tolerance. */
function expectEqual(got: unknown, wanted: unknown, path = ""): void {
  if (typeof wanted === "number") {
    expect(typeof got, path).toBe("number");
    expect(Math.abs((got as number) - wanted), path).toBeLessThan(TOLERANCE);
  } else if (typeof wanted === "object" && wanted !== null) {
    expect(Object.keys(got as object).sort(), path).toEqual(Object.keys(wanted).sort());
    for (const [key, value] of Object.entries(wanted))
      expectEqual((got as Record<string, unknown>)[key], value, `${path}.${key}`);
  } else expect(got, path).toEqual(wanted);
}

describe("@huggingface/transformers", () => {
  it("loads our exports and gives the logits of the original model", async () => {
    const { AutoModelForMaskedLM, AutoTokenizer } = await import("../../src/pipelines/index.js");
    const model = await AutoModelForMaskedLM.from_pretrained(join(ORACLE, "pretraining"));
    const tokenizer = await AutoTokenizer.from_pretrained(join(ORACLE, "pretraining"));
    const outputs = await model(
      tokenizer(["patient denies chest pain , fever and tachycardia .", "he has no acute distress"], {
        padding: true,
        truncation: true,
      }),
    );
    const logits = outputs["logits"]!;
    await model.dispose();
    const reference = theirs["logits"] as { dims: number[]; first: number[] };
    expect(reference.dims).toEqual([...logits.dims]);
    expectEqual(Array.from(logits.row(0).row(1).data, Number), reference.first);
  });

  it.skipIf(!existsSync(BUILT))(
    "gives the results of the same program with our import (npm run build)",
    () => {
      const ours = run(BUILT);
      expect(Object.keys(ours)).toEqual(Object.keys(theirs));
      for (const [name, value] of Object.entries(theirs)) expectEqual(ours[name], value, name);
    },
  );
});
