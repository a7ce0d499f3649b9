import fc from "fast-check";
import { expect, test } from "vitest";
import { chooseBatch } from "./choose-batch.js";

const rules = { tokens: 256, runTokens: 8, padding: 0.04 };
const rows = (...lengths: number[]) => lengths.map((length, turn) => ({ length, turn }));

test("the row whose turn it is comes with its neighbours in length, not with the next in turn", () => {
  expect(chooseBatch(rows(20, 200, 21, 19, 60), rules).sort()).toEqual([0, 2, 3]);
});

test("a row longer than the budget runs alone", () => {
  expect(chooseBatch(rows(300, 299, 301), rules)).toEqual([0]);
});

test("short rows share a run although it pads them: a run of its own costs more", () => {
  expect(chooseBatch(rows(4, 9), rules)).toHaveLength(2);
  expect(chooseBatch(rows(4, 9), { ...rules, runTokens: 2 })).toEqual([0]);
});

test("every batch holds the row whose turn it is, is within the budget, and wastes no more than runs would cost", () => {
  const row = fc.record({ length: fc.integer({ min: 1, max: 300 }), turn: fc.double({ noNaN: true }) });
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 60 }), (waiting) => {
      const batch = chooseBatch(waiting, rules);
      expect(new Set(batch).size).toBe(batch.length);
      const lengths = batch.map((index) => waiting[index]!.length);
      const padded = Math.max(...lengths) * batch.length;
      const waste = padded - lengths.reduce((sum, length) => sum + length, 0);
      expect(batch.map((index) => waiting[index]!.turn)).toContain(
        Math.min(...waiting.map(({ turn }) => turn)),
      );
      if (batch.length > 1) expect(padded).toBeLessThanOrEqual(rules.tokens);
      expect(waste).toBeLessThanOrEqual(
        Math.max(rules.padding * padded, rules.runTokens * (batch.length - 1)),
      );
    }),
  );
});
