import { describe, expect, it } from "vitest";
import { BERT_BASE } from "../../bert/config.js";
import { PRETRAINING_HEADS, parameterTable } from "../../bert/parameters.js";
import { Tensor } from "../../graph/tensor.js";
import { headsAmong, transpose } from "./canonical.js";
import { fromFlax } from "./flax-names.js";
import { fromKeras } from "./keras-names.js";
import { fromGoogle, toGoogle } from "./google-names.js";
import { fromTorch } from "./torch-names.js";

const table = parameterTable({ ...BERT_BASE, labels: ["a", "b"] }, [
  ...PRETRAINING_HEADS,
  "sequence-classification",
]);

describe("names", () => {
  it("every canonical parameter has a Google name that leads back to it", () => {
    const names = table.map(({ name }) => toGoogle(name).name);
    expect(new Set(names).size).toBe(table.length);
    for (const { name } of table) {
      const { name: google, transposed } = toGoogle(name);
      expect(fromGoogle(google)).toEqual({ kind: "parameter", name, transposed });
      expect(fromGoogle(`${google}/adam_v`)).toEqual({ kind: "slot", slot: "v", name, transposed });
      expect(fromTorch(name)).toEqual({ kind: "parameter", name, transposed: false });
    }
  });

  it.each([
    ["bert.embeddings.LayerNorm.gamma", "bert.embeddings.LayerNorm.weight"],
    ["embeddings.LayerNorm.beta", "bert.embeddings.LayerNorm.bias"],
    ["module.bert.pooler.dense.bias", "bert.pooler.dense.bias"],
    ["state_dict.model.cls.seq_relationship.bias", "cls.seq_relationship.bias"],
  ])("%s of a PyTorch file is %s", (file, name) => {
    expect(fromTorch(file)).toEqual({ kind: "parameter", name, transposed: false });
  });

  it.each([
    [fromTorch("cls.predictions.decoder.weight"), "alias"],
    [fromTorch("bert.embeddings.position_ids"), "buffer"],
    [fromTorch("bert.encoder.layer.0.attention.self.distance_embedding.weight"), "unknown"],
    [fromTorch("optimizer.bert.pooler.dense.bias"), "unknown"],
    [fromGoogle("global_step"), "step"],
    [fromGoogle("beta1_power"), "buffer"],
    [fromGoogle("bert/encoder/layer_0/attention/self/query/Kernel"), "unknown"],
    [fromFlax("params/cls/predictions/bias"), "parameter"],
    [fromKeras("mlm___cls/tf_bert_for_pre_training/mlm___cls/predictions/bias:0"), "parameter"],
    [fromKeras("mlm___cls/tf_bert_for_pre_training/bert/embeddings/word_embeddings/weight:0"), "alias"],
    [fromKeras("classifier/tf_bert_for_sequence_classification/classifier/kernel:0"), "parameter"],
    [fromKeras("optimizer/count"), "unknown"],
  ])("%o is of the kind %s", (meaning, kind) => {
    expect(meaning.kind).toBe(kind);
  });

  it("knows which matrices TensorFlow and Flax turn", () => {
    expect(toGoogle("cls.seq_relationship.weight")).toEqual({
      name: "cls/seq_relationship/output_weights",
      transposed: false,
    });
    expect(toGoogle("bert.encoder.layer.11.output.dense.weight")).toEqual({
      name: "bert/encoder/layer_11/output/dense/kernel",
      transposed: true,
    });
    expect(fromFlax("cls/seq_relationship/kernel")).toMatchObject({ transposed: true });
    expect(fromFlax("bert/embeddings/LayerNorm/scale")).toMatchObject({ transposed: false });
  });

  it("finds the heads that are whole", () => {
    const names = new Set(table.map(({ name }) => name));
    expect([...headsAmong(names)].sort()).toEqual([
      "masked-lm",
      "next-sentence",
      "pooler",
      "sequence-classification",
      "token-classification",
    ]);
    names.delete("cls.predictions.transform.LayerNorm.bias");
    expect(headsAmong(names).has("masked-lm")).toBe(false);
  });

  it("transposes any element type, also beside the blocks' edges", () => {
    const tensor = new Tensor(
      "int64",
      BigInt64Array.from({ length: 70 * 33 }, (_, i) => BigInt(i)),
      [70, 33],
    );
    const turned = transpose(tensor);
    expect(turned.dims).toEqual([33, 70]);
    for (const [row, column] of [
      [0, 1],
      [69, 32],
      [31, 31],
      [32, 32],
      [64, 5],
    ] as const)
      expect(turned.data[column * 70 + row]).toBe(tensor.data[row * 33 + column]);
    expect(transpose(turned).data).toEqual(tensor.data);
  });
});
