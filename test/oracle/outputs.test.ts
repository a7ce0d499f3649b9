/** Outputs of loaded models against transformers (`generate/checkpoints.py`): every format, every head, every layer. */
import { join } from "node:path";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSafetensors } from "../../src/checkpoint/index.js";
import { Tensor } from "../../src/graph/tensor.js";
import {
  AutoModel,
  AutoModelForMaskedLM,
  AutoModelForNextSentencePrediction,
  AutoModelForPreTraining,
  AutoModelForSequenceClassification,
  AutoModelForTokenClassification,
  type ModelInputs,
} from "../../src/pipelines/index.js";
import { liveExecutables } from "../../src/runtime/index.js";

const ORACLE = new URL("./checkpoints/", import.meta.url).pathname;
/** Issue 6, proof: logits, hidden states, pooled output <= 1e-5 of transformers. */
const TOLERANCE = 1e-5;
const quiet = { on_notice: () => undefined };

async function oracle(folder: string): Promise<{ inputs: ModelInputs; wanted: Map<string, Tensor> }> {
  const weights = await openSafetensors(join(ORACLE, folder, "outputs.safetensors"));
  try {
    const wanted = new Map<string, Tensor>();
    for (const { name } of weights.tensors) wanted.set(name, await weights.read(name));
    const input = (name: string): Tensor => wanted.get(name)!;
    const inputs = {
      input_ids: input("input_ids"),
      attention_mask: input("attention_mask"),
      token_type_ids: input("token_type_ids"),
    };
    return { inputs, wanted };
  } finally {
    await weights.close();
  }
}

/** Largest difference over real tokens; [B, S, …] tensors have padding, [B, …] ones none. */
function difference(got: Tensor, wanted: Tensor, mask: Tensor): number {
  expect([...got.dims]).toEqual([...wanted.dims]);
  const [B, S] = mask.dims as readonly [number, number];
  const perToken = wanted.dims.length === 3 && wanted.dims[1] === S ? wanted.size / (B * S) : 0;
  let largest = 0;
  for (let index = 0; index < wanted.size; index++) {
    if (perToken > 0 && mask.data[Math.floor(index / perToken)] === 0n) continue;
    largest = Math.max(largest, Math.abs(Number(got.data[index]) - Number(wanted.data[index])));
  }
  return largest;
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "outputs-"));
  for (const file of ["legacy.bin", "zip.bin", "old-names.bin"]) {
    await cp(join(ORACLE, "pretraining/config.json"), join(folder, file, "config.json"));
    await cp(join(ORACLE, "pretraining", file), join(folder, file, "pytorch_model.bin"));
  }
  await cp(join(ORACLE, "pretraining/config.json"), join(folder, "flax", "config.json"));
  await cp(join(ORACLE, "flax/flax_model.msgpack"), join(folder, "flax", "flax_model.msgpack"));
  await cp(join(ORACLE, "sharded"), join(folder, "sharded"), { recursive: true });
  await cp(join(ORACLE, "pretraining/config.json"), join(folder, "sharded", "config.json"));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  expect(liveExecutables()).toBe(0);
});

describe("pretraining heads, all hidden states and attentions", () => {
  it.each([
    ["safetensors", () => join(ORACLE, "pretraining")],
    ["sharded safetensors", () => join(folder, "sharded")],
    ["legacy PyTorch", () => join(folder, "legacy.bin")],
    ["legacy PyTorch with gamma and beta", () => join(folder, "old-names.bin")],
    ["zip PyTorch", () => join(folder, "zip.bin")],
    ["TensorFlow", () => join(ORACLE, "tensorflow/model.ckpt-7")],
    ["Flax", () => join(folder, "flax")],
  ])("%s", async (_, source) => {
    const { inputs, wanted } = await oracle("pretraining");
    const model = await AutoModelForPreTraining.from_pretrained(source(), quiet);
    const mask = inputs.attention_mask!;
    try {
      const outputs = await model({ ...inputs, output_hidden_states: true, output_attentions: true });
      expect(difference(outputs["prediction_logits"]!, wanted.get("prediction_logits")!, mask)).toBeLessThan(
        TOLERANCE,
      );
      expect(
        difference(outputs["seq_relationship_logits"]!, wanted.get("seq_relationship_logits")!, mask),
      ).toBeLessThan(TOLERANCE);
      expect(outputs.hidden_states).toHaveLength(3);
      for (const [layer, state] of outputs.hidden_states!.entries())
        expect(difference(state, wanted.get(`hidden_states.${layer}`)!, mask)).toBeLessThan(TOLERANCE);
      expect(outputs.attentions).toHaveLength(2);
      // Rows of real tokens; [B, A, S, S].
      const [B, A, S] = [3, 2, 9];
      for (const [layer, probabilities] of outputs.attentions!.entries())
        for (let row = 0; row < B * A * S; row++) {
          if (mask.data[Math.floor(row / (A * S)) * S + (row % S)] === 0n) continue;
          for (let column = 0; column < S; column++)
            expect(
              Math.abs(
                Number(probabilities.data[row * S + column]) -
                  Number(wanted.get(`attentions.${layer}`)!.data[row * S + column]),
              ),
            ).toBeLessThan(TOLERANCE);
        }
    } finally {
      await model.dispose();
    }
  });
});

describe("single heads", () => {
  it.each([
    [
      "AutoModel",
      AutoModel,
      "pretraining",
      { last_hidden_state: "last_hidden_state", pooler_output: "pooler_output" },
    ],
    ["AutoModelForMaskedLM", AutoModelForMaskedLM, "pretraining", { logits: "prediction_logits" }],
    [
      "AutoModelForNextSentencePrediction",
      AutoModelForNextSentencePrediction,
      "pretraining",
      { logits: "seq_relationship_logits" },
    ],
    [
      "AutoModelForSequenceClassification",
      AutoModelForSequenceClassification,
      "sequence-classification",
      { logits: "logits" },
    ],
    [
      "AutoModelForTokenClassification",
      AutoModelForTokenClassification,
      "token-classification",
      { logits: "logits" },
    ],
  ] as const)("%s", async (_, auto, source, names) => {
    const { inputs, wanted } = await oracle(source);
    const model = await auto.from_pretrained(join(ORACLE, source), quiet);
    try {
      const outputs = await model(inputs);
      expect(Object.keys(outputs)).toEqual(Object.keys(names));
      for (const [name, reference] of Object.entries(names))
        expect(difference(outputs[name]!, wanted.get(reference)!, inputs.attention_mask!)).toBeLessThan(
          TOLERANCE,
        );
    } finally {
      await model.dispose();
    }
  });

  it("fp16: matrices in half precision, arithmetic in float32; says so", async () => {
    const { inputs, wanted } = await oracle("pretraining");
    const notices: string[] = [];
    const options = { dtype: "fp16", on_notice: (notice: string) => notices.push(notice) } as const;
    const model = await AutoModel.from_pretrained(join(ORACLE, "pretraining"), options);
    try {
      const hidden = (await model(inputs))["last_hidden_state"]!;
      const far = difference(hidden, wanted.get("last_hidden_state")!, inputs.attention_mask!);
      expect(far).toBeLessThan(5e-3);
      // Were the matrices not rounded at all, it would be as near as float32.
      expect(far).toBeGreaterThan(TOLERANCE);
    } finally {
      await model.dispose();
    }
    expect(notices.join()).toContain("fp16");
  });

  it("refuses a head that the weights do not have, and a head that is not one", async () => {
    await expect(
      AutoModelForMaskedLM.from_pretrained(join(ORACLE, "token-classification"), quiet),
    ).rejects.toMatchObject({ code: "HEAD_MISSING" });
    await expect(
      AutoModel.from_pretrained(join(ORACLE, "pretraining"), { dtype: "q3" as "q8" }),
    ).rejects.toMatchObject({
      code: "PIPELINE_OPTION",
    });
  });

  it("refuses more positions than the model has", async () => {
    const model = await AutoModel.from_pretrained(join(ORACLE, "pretraining"), quiet);
    const { inputs } = await oracle("pretraining");
    const long = inputs.input_ids.reshape([1, 27]);
    expect((await model({ input_ids: long }))["last_hidden_state"]!.dims).toEqual([1, 27, 16]);
    await expect(model({ input_ids: Tensor.zeros("int64", [1, 33]) })).rejects.toMatchObject({
      code: "PIPELINE_INPUT",
    });
    await model.dispose();
  });
});
