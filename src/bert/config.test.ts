import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { BERT_BASE, type BertConfig, readBertConfig, writeBertConfig } from "./config.js";

/** Google's `bert_config.json` of BERT-Base, cased. */
const GOOGLE = {
  attention_probs_dropout_prob: 0.1,
  hidden_act: "gelu",
  hidden_dropout_prob: 0.1,
  hidden_size: 768,
  initializer_range: 0.02,
  intermediate_size: 3072,
  max_position_embeddings: 512,
  num_attention_heads: 12,
  num_hidden_layers: 12,
  type_vocab_size: 2,
  vocab_size: 28996,
};
const MINIMAL = {
  vocab_size: 100,
  hidden_size: 12,
  num_hidden_layers: 3,
  num_attention_heads: 2,
  intermediate_size: 20,
};

test("reads Google's file as BERT-Base", () => {
  expect(readBertConfig(GOOGLE)).toEqual(BERT_BASE);
});

test("reads what transformers wrote", () => {
  const path = new URL("../../test/oracle/checkpoints/token-classification/config.json", import.meta.url);
  expect(readBertConfig(JSON.parse(readFileSync(path, "utf8")))).toEqual({
    ...BERT_BASE,
    vocabSize: 64,
    hiddenSize: 16,
    layerCount: 2,
    headCount: 2,
    intermediateSize: 32,
    maxPositions: 32,
    initializerRange: 0.4,
    hiddenActivation: "gelu_new",
    labels: ["O", "B-problem", "I-problem", "B-test", "I-test"],
  });
});

test("absent and null keys take transformers' defaults, foreign keys are ignored", () => {
  const config = readBertConfig({ ...MINIMAL, pad_token_id: null, torch_dtype: "float32", use_cache: true });
  expect(config).toMatchObject({
    hiddenActivation: "gelu",
    hiddenDropout: 0.1,
    attentionDropout: 0.1,
    maxPositions: 512,
    typeVocabSize: 2,
    initializerRange: 0.02,
    layerNormEpsilon: 1e-12,
    padTokenId: 0,
    labels: [],
  });
});

test("writes what it reads", () => {
  const config: BertConfig = {
    ...BERT_BASE,
    hiddenActivation: "relu",
    hiddenDropout: 0,
    padTokenId: 3,
    labels: ["a", "b"],
  };
  const json = writeBertConfig(config, "BertForTokenClassification");
  expect(json).toMatchObject({
    architectures: ["BertForTokenClassification"],
    model_type: "bert",
    id2label: { 0: "a", 1: "b" },
    label2id: { a: 0, b: 1 },
  });
  expect(readBertConfig(JSON.parse(JSON.stringify(json)))).toEqual(config);
});

test.each(["gelu_pytorch_tanh", "gelu_fast", "gelu_new"])("%s is the tanh form", (name) => {
  expect(readBertConfig({ ...MINIMAL, hidden_act: name }).hiddenActivation).toBe("gelu_new");
});

describe("refuses, naming the key and never more than its value", () => {
  test.each<[string, unknown, string]>([
    ["no object", [], ""],
    ["nothing", null, ""],
    ["another model", { ...MINIMAL, model_type: "roberta" }, "model_type"],
    ["a missing size", { ...MINIMAL, hidden_size: undefined }, "hidden_size"],
    ["a size in quotes", { ...MINIMAL, vocab_size: "100" }, "vocab_size"],
    ["a size of 0", { ...MINIMAL, num_hidden_layers: 0 }, "num_hidden_layers"],
    ["a broken size", { ...MINIMAL, intermediate_size: 20.5 }, "intermediate_size"],
    ["no positions", { ...MINIMAL, max_position_embeddings: 0 }, "max_position_embeddings"],
    ["no token types", { ...MINIMAL, type_vocab_size: 0 }, "type_vocab_size"],
    ["a negative deviation", { ...MINIMAL, initializer_range: -1 }, "initializer_range"],
    ["a dropout of 1", { ...MINIMAL, hidden_dropout_prob: 1 }, "hidden_dropout_prob"],
    ["heads that do not divide", { ...MINIMAL, num_attention_heads: 5 }, "hidden_size"],
    ["an activation not known", { ...MINIMAL, hidden_act: "swish" }, "hidden_act"],
    [
      "relative positions",
      { ...MINIMAL, position_embedding_type: "relative_key" },
      "position_embedding_type",
    ],
    ["a gap in the labels", { ...MINIMAL, id2label: { 0: "a", 2: "c" } }, "id2label"],
  ])("%s", (_, json, key) => {
    const refused = expect.objectContaining({ code: "BERT_CONFIG", details: { path: "some.json", key } });
    expect(() => readBertConfig(json, "some.json")).toThrow(refused);
  });
});
