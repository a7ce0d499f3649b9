/** @file Scores of labels: intervals of resamples that lack a class, and ids that differ. */
import { expect, it } from "vitest";
import { scoreLabels } from "./labels.js";

it("leaves a class out of the resamples that do not have it", () => {
  const gold = Array.from({ length: 30 }, (_, index) => ({
    id: String(index),
    label: index === 0 ? "rare" : "common",
  }));
  expect(scoreLabels(gold, gold).macroF1Interval).toEqual([1, 1]);
});

it("names the first id that the prediction lacks", () => {
  const gold = [
    { id: "a", label: "x" },
    { id: "b", label: "x" },
  ];
  expect(() => scoreLabels(gold, gold.slice(0, 1))).toThrow(/without 1 of gold's ids; the first is b\./);
});
