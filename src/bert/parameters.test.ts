import { describe, expect, test } from "vitest";
import { openSafetensors } from "../checkpoint/index.js";
import { sizeOf } from "../graph/index.js";
import { BERT_BASE, readBertConfig } from "./config.js";
import { type BertHead, PRETRAINING_HEADS, parameterTable } from "./parameters.js";

const ORACLE = new URL("../../test/oracle/", import.meta.url).pathname;

function countOf(heads: readonly BertHead[], vocabSize: number): number {
  const table = parameterTable({ ...BERT_BASE, vocabSize }, heads);
  return table.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}

describe("names and shapes are those of transformers", () => {
  test.each([
    ["pretraining/gradients-gelu.safetensors", "parameter/"],
    ["pretraining/forward-relu.safetensors", "parameter/"],
  ])("BertForPreTraining, %s", async (file, prefix) => {
    const weights = await openSafetensors(`${ORACLE}${file}`);
    const expected = weights.tensors
      .filter(({ name }) => name.startsWith(prefix))
      .map(({ name, dims }) => [name.slice(prefix.length), dims]);
    const config = readBertConfig(JSON.parse(weights.metadata["config"]!));
    await weights.close();
    const table = parameterTable(config, PRETRAINING_HEADS).map(({ name, shape }) => [name, shape]);
    expect(table.sort()).toEqual(expected.sort());
  });

  test("the number of parameters, as PyTorch counts them", () => {
    expect(countOf(PRETRAINING_HEADS, 28_996)).toBe(108_932_934);
    expect(countOf(["pooler"], 28_996)).toBe(108_310_272);
    expect(countOf(["pooler"], 30_522)).toBe(109_482_240);
  });
});

/** The expressions of optimization.py:65, on the names that Google's checkpoints have. */
const EXCLUDED = /LayerNorm|layer_norm|bias/;

test("weight decay is off for exactly the names that optimization.py excludes", () => {
  const heads: BertHead[] = [...PRETRAINING_HEADS, "token-classification"];
  for (const { name, decay } of parameterTable({ ...BERT_BASE, labels: ["a", "b"] }, heads))
    expect(decay, name).toBe(!EXCLUDED.test(name));
});

test("biases start at 0, LayerNorm weights at 1, all others from the truncated normal", () => {
  for (const { name, initializer } of parameterTable(BERT_BASE, PRETRAINING_HEADS)) {
    const isLayerNorm = name.includes("LayerNorm");
    const expected = name.endsWith("bias") ? "zeros" : isLayerNorm ? "ones" : "truncated-normal";
    expect(initializer, name).toBe(expected);
  }
});

test("a classifier has a row for each label", () => {
  const config = { ...BERT_BASE, labels: ["contradiction", "entailment", "neutral"] };
  const shapes = new Map(parameterTable(config, ["sequence-classification"]).map((p) => [p.name, p.shape]));
  expect(shapes.get("classifier.weight")).toEqual([3, 768]);
  expect(shapes.get("classifier.bias")).toEqual([3]);
});
