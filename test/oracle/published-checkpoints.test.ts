/** Real published files, against lists of their tensors that an independent reader made. They are not part of the repository. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { mapNames, openWeights } from "../../src/checkpoint/index.js";

const DATA = process.env["CLINICALBERT_DATA"] ?? "";

interface Described {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly sum?: number;
  readonly first?: readonly number[];
  readonly last?: readonly number[];
}

const FILES = [
  ["tf-checkpoints/keras-bert-tiny", "bert_model.ckpt", true],
  ["tf-checkpoints/half-plus-three", "variables", true],
  ["tf-checkpoints/half-plus-two-cpu-snappy", "variables.index", true],
  // Its 433 MB of data are not there: names, types and shapes only.
  ["tf-checkpoints/biobert-v1.1-index", "model.ckpt-1000000", false],
  ["tiny-bert/camphr-bert-test-legacy", "pytorch_model.bin", true],
  ["tiny-bert/camphr-ner-bert-zip", "pytorch_model.bin", true],
  ["tiny-bert/jammi-tiny-bert-safetensors", "model.safetensors", true],
] as const;

describe.skipIf(!existsSync(join(DATA, "tf-checkpoints")))(
  "published checkpoints (CLINICALBERT_DATA)",
  () => {
    it.each(FILES)("%s", async (folder, file, withData) => {
      const json = readFileSync(join(DATA, folder, "expected-tensors.json"), "utf8");
      const expected = JSON.parse(json) as Record<string, Described>;
      const weights = await openWeights(join(DATA, folder, file));
      try {
        const infos = new Map(weights.tensors.map((info) => [info.name, info]));
        expect([...infos.keys()].sort()).toEqual(Object.keys(expected).sort());
        for (const [name, { dtype, shape, sum = 0, first = [], last = [] }] of Object.entries(expected)) {
          expect(infos.get(name)).toEqual({ name, type: dtype, dims: shape });
          if (!withData) continue;
          const values = Array.from((await weights.read(name)).data as ArrayLike<number | bigint>, Number);
          expect(values.slice(0, first.length)).toEqual(first);
          expect(values.slice(values.length - last.length)).toEqual(last);
          expect(Math.abs(values.reduce((total, value) => total + value, 0) - sum)).toBeLessThan(
            1e-6 * Math.max(1, Math.abs(sum)),
          );
        }
      } finally {
        await weights.close();
      }
    });

    it("knows that BioBERT v1.1 has no masked-LM head, and every name of it", async () => {
      const weights = await openWeights(join(DATA, "tf-checkpoints/biobert-v1.1-index/model.ckpt-1000000"));
      const map = mapNames(weights);
      await weights.close();
      expect(map.unknown).toEqual([]);
      expect(map.parameters.some(({ name }) => name.startsWith("cls."))).toBe(false);
      expect(map.parameters).toHaveLength(199);
    });
  },
);
