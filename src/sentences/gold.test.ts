import { describe, expect, test } from "vitest";
import { readGoldSets, scoreBoundaries, startsByExpression } from "../../test/oracle/sentence-gold.js";
import { createRuleSentenceSplitter } from "./rule-splitter.js";

const splitter = createRuleSentenceSplitter();
const data = process.env["CLINICALBERT_DATA"];
const sets = await readGoldSets(data);

/** Measured 2026-11: a change of the rules may not fall below. */
const FLOOR: Readonly<Record<string, number>> = {
  synthetic: 0.99,
  clinical: 0.99,
  genia: 0.995,
  ewt: 0.89,
  "golden rules": 0.94,
};

describe.each(sets)("rules on $name", ({ name, texts }) => {
  const score = scoreBoundaries(texts, (text) =>
    splitter
      .split(text)
      .slice(1)
      .map(({ spans }) => spans[0]![0]),
  );

  test("keep their F1", () => {
    expect(score.f1).toBeGreaterThanOrEqual(FLOOR[name]!);
  });

  test("make fewer errors than one regular expression", () => {
    expect(score.errors).toBeLessThan(scoreBoundaries(texts, startsByExpression).errors);
  });
});

test.skipIf(data === undefined)("reads the four open sets (needs CLINICALBERT_DATA)", () => {
  expect(sets.map(({ name }) => name)).toEqual(Object.keys(FLOOR));
});
