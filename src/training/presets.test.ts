import { expect, test } from "vitest";
import { PRESET_NAMES, PRESETS, resolveValues } from "./presets.js";

test.each([
  ["clinical-bert", 150_000, [], /BERT-Base/],
  ["bio-clinical-bert", 150_000, [], /BioBERT/],
  ["discharge-summary-bert", 100_000, ["Discharge summary"], /BERT-Base/],
  ["bio-discharge-summary-bert", 100_000, ["Discharge summary"], /BioBERT/],
] as const)("%s is the published recipe", (name, steps, categories, start) => {
  const { values, origins } = resolveValues(name, {});
  // From the model card, the paper and the published scripts, which docs/pretraining.md lists.
  expect(values).toMatchObject({
    ...{ steps, categories, batchSize: 32, learningRate: 5e-5, warmupSteps: 10_000, dropout: 0.1 },
    ...{ gelu: "erf", order: "interleaved", seed: 12345, maxLength: 128, maxPredictions: 20 },
    ...{ dupeFactor: 5, maskedShare: 0.15, shortSequenceProbability: 0.1 },
  });
  expect(PRESETS[name].start).toMatch(start);
  for (const origin of Object.values(origins)) expect(origin).not.toBe("");
  for (const key of ["steps", "batchSize", "learningRate", "warmupSteps"] as const)
    expect(origins[key]).toMatch(/model card|finetune_lm_tf\.sh/);
});

test("whatever is given takes the place of the preset's value, and the record says both", () => {
  const { values, origins } = resolveValues("clinical-bert", { maxPredictions: 22, steps: 10 });
  expect(values).toMatchObject({ maxPredictions: 22, steps: 10, batchSize: 32 });
  expect(origins.maxPredictions).toBe("given; the preset has 20");
  expect(origins.keepCheckpoints).toMatch(/default/);
});

test("without a preset the steps must be given", () => {
  expect(() => resolveValues(null, {})).toThrow(expect.objectContaining({ code: "TRAINING_RECIPE" }));
  expect(resolveValues(null, { steps: 5 }).values).toMatchObject({ steps: 5, gelu: "model", order: "file" });
});

test("there are four", () => {
  expect(Object.keys(PRESETS)).toEqual(PRESET_NAMES);
});
