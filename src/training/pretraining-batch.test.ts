import { describe, expect, test } from "vitest";
import type { PretrainingInstance } from "../instances/instance.js";
import { batchScales, packBatch } from "./pretraining-batch.js";

const SHAPE = { maxLength: 6, maxPredictions: 3, vocabSize: 20, headCount: 2 };

function instance(
  ids: readonly number[],
  masked: readonly (readonly [number, number])[],
  isRandomNext = false,
): PretrainingInstance {
  return {
    ids: Int32Array.from(ids),
    segmentIds: Uint8Array.from(ids, (_, position) => (position >= 3 ? 1 : 0)),
    maskedPositions: Int32Array.from(masked, ([position]) => position),
    maskedIds: Int32Array.from(masked, ([, id]) => id),
    isRandomNext,
  };
}

const BATCH = [
  instance(
    [1, 5, 2, 6, 2],
    [
      [1, 7],
      [3, 8],
    ],
    true,
  ),
  instance([1, 9, 2], []),
];

test("packs ids and types without padding, rows in blocks of 6, and points predictions at them", () => {
  const packed = packBatch(BATCH, SHAPE, batchScales(BATCH));
  const data = (name: string): number[] => Array.from(packed[name]!.data as Int32Array);
  expect(data("input_ids")).toEqual([1, 5, 2, 6, 2, 1, 9, 2, 0, 0, 0, 0]);
  expect(data("token_type_ids")).toEqual([0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0]);
  expect(data("position_ids")).toEqual([0, 1, 2, 3, 4, 0, 1, 2, 0, 0, 0, 0]);
  expect(data("first_rows")).toEqual([0, 5]);
  expect(data("attention_mask")).toEqual([1, 1, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0]);
  expect(data("masked_rows")).toEqual([1, 3]);
  expect(data("masked_ids")).toEqual([7, 8]);
  expect(data("masked_weights")).toEqual([1, 1]);
  expect(data("next_sentence_labels")).toEqual([1, 0]);
});

test("a batch without predictions has one of weight 0", () => {
  const packed = packBatch([BATCH[1]!], SHAPE, batchScales(BATCH));
  const data = (name: string): number[] => Array.from(packed[name]!.data as Int32Array);
  expect([data("masked_rows"), data("masked_ids"), data("masked_weights")]).toEqual([[0], [0], [0]]);
});

test("scales are those of the whole batch, whatever part is packed", () => {
  const scales = batchScales(BATCH);
  expect(scales).toEqual({ maskedLm: 1 / (2 + 1e-5), nextSentence: 1 / 2 });
  const part = packBatch(BATCH.slice(1), SHAPE, scales);
  expect(part["masked_lm_scale"]!.data[0]).toBe(Math.fround(1 / (2 + 1e-5)));
  expect(part["next_sentence_scale"]!.data[0]).toBe(0.5);
});

test("a batch without masked tokens has a finite scale", () => {
  expect(batchScales([BATCH[1]!]).maskedLm).toBeCloseTo(1e5, 3);
});

describe("refuses", () => {
  test.each<[string, PretrainingInstance, RegExp]>([
    ["no tokens", instance([], []), /has no tokens/],
    ["too many tokens", instance([1, 2, 3, 4, 5, 6, 7], []), /has 7 tokens, more than the length 6/],
    [
      "too many predictions",
      instance(
        [1, 2, 3, 4, 5],
        [
          [0, 1],
          [1, 1],
          [2, 1],
          [3, 1],
        ],
      ),
      /has 4 predictions, more than 3/,
    ],
    ["an id beyond the vocabulary", instance([1, 20], []), /outside of the vocabulary of 20/],
    ["a negative id", instance([1, -1], []), /outside of the vocabulary/],
    ["a label beyond the vocabulary", instance([1, 2], [[1, 20]]), /outside of the vocabulary/],
    ["a position in the padding", instance([1, 2], [[2, 5]]), /a position outside of itself/],
  ])("%s", (_, bad, message) => {
    const pack = () => packBatch([BATCH[0]!, bad], SHAPE, batchScales([bad]));
    expect(pack).toThrow(expect.objectContaining({ code: "TRAINING_INSTANCE" }));
    expect(pack).toThrow(message);
  });
});
