import { expect, test } from "vitest";
import type { PretrainingInstance } from "../instances/instance.js";
import { maskedBaselines, originalIds } from "./baselines.js";
import { nextSentenceBaselines } from "./overlap-baseline.js";

const [CLS, SEP, MASK] = [0, 1, 2];

/** `[CLS] first [SEP] second [SEP]` with the given positions masked. */
function instance(
  first: number[],
  second: number[],
  masked: number[] = [],
  isRandomNext = false,
): PretrainingInstance {
  const ids = Int32Array.from([CLS, ...first, SEP, ...second, SEP]);
  const maskedIds = Int32Array.from(masked, (position) => ids[position]!);
  for (const position of masked) ids[position] = MASK;
  const segmentIds = Uint8Array.from(ids, (_, at) => (at < first.length + 2 ? 0 : 1));
  return { ids, segmentIds, maskedPositions: Int32Array.from(masked), maskedIds, isRandomNext };
}

function source(...instances: PretrainingInstance[]) {
  return { count: instances.length, read: (index: number) => instances[index]! };
}

test("masked positions are filled in again", () => {
  expect([...originalIds(instance([5, 6], [7], [1, 4]))]).toEqual([CLS, 5, 6, SEP, 7, SEP]);
});

test("the bigram baseline knows what follows, the other one only what is frequent", () => {
  // In training 9 is the most frequent token, 6 always follows 5, 8 follows 7 twice out of three.
  const training = source(instance([5, 6, 9, 9], [9, 7, 8], [2]), instance([7, 8, 9], [5, 6, 7, 4]));
  const heldOut = source(instance([5, 6], [7, 8], [2, 5]), instance([3, 9], [7, 4], [2, 5]));
  expect(maskedBaselines(training, heldOut, 10)).toEqual({ mostFrequent: 0.25, bigram: 0.75, count: 4 });
});

test("neither a separator nor [CLS] is ever the most frequent token", () => {
  const training = source(instance([5], [5]), instance([6], [5]));
  expect(maskedBaselines(training, source(instance([5], [6], [1])), 10).mostFrequent).toBe(1);
});

const TOKENS = ["[CLS]", "[SEP]", "[MASK]", "of", "##ly", "Lasix", "Coreg", "heart", "the", "patient"];

test("a shared rare word makes a pair; a piece, a short word and a common word do not", () => {
  const pair = (shared: number, isRandomNext: boolean) =>
    instance([9, shared === 5 ? 5 : 6, 3, 4], [9, shared, 3, 4], [], isRandomNext);
  const training = source(pair(5, false), pair(5, false), pair(7, true), pair(8, true));
  const heldOut = source(pair(5, false), pair(7, true), pair(8, true), pair(5, true));
  expect(nextSentenceBaselines(training, heldOut, TOKENS)).toEqual({
    majority: 0.75,
    overlap: 0.75,
    count: 4,
  });
});

test("where overlap says nothing, the commoner answer is given", () => {
  const training = source(instance([9], [8], [], true), instance([9], [8], [], true), instance([9], [8]));
  const heldOut = source(instance([9], [8], [], true), instance([9], [8]));
  expect(nextSentenceBaselines(training, heldOut, TOKENS)).toMatchObject({ majority: 0.5, overlap: 0.5 });
});

test("no instances give no accuracy", () => {
  expect(maskedBaselines(source(), source(), 4)).toEqual({ mostFrequent: 0, bigram: 0, count: 0 });
  expect(nextSentenceBaselines(source(), source(), TOKENS)).toEqual({ majority: 0, overlap: 0, count: 0 });
});
