import fc from "fast-check";
import { expect, test } from "vitest";
import { chooseBatch } from "./choose-batch.js";

const rules = { tokens: 256, runTokens: 8 };
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

test("rows are not drawn together by what they would cost alone: two runs of equal rows, not one of padding", () => {
  const waiting = rows(10, 10, 10, 10, 30, 30, 30, 30);
  expect(chooseBatch(waiting, { tokens: 256, runTokens: 32 })).toEqual([0, 1, 2, 3]);
  expect(chooseBatch(waiting, { tokens: 256, runTokens: 96 })).toHaveLength(8);
});

const someRows = (maxLength: number) =>
  fc.array(fc.record({ length: fc.integer({ min: 1, max: 300 }), turn: fc.double({ noNaN: true }) }), {
    minLength: 1,
    maxLength,
  });

test("every batch holds the row whose turn it is, is within the budget, and costs no more than any way to cut it in two", () => {
  fc.assert(
    fc.property(someRows(60), (waiting) => {
      const batch = chooseBatch(waiting, rules);
      expect(new Set(batch).size).toBe(batch.length);
      expect(batch.map((index) => waiting[index]!.turn)).toContain(
        Math.min(...waiting.map(({ turn }) => turn)),
      );
      const lengths = batch.map((index) => waiting[index]!.length).sort((a, b) => a - b);
      const padded = lengths.at(-1)! * lengths.length;
      if (batch.length > 1) expect(padded).toBeLessThanOrEqual(rules.tokens);
      for (let cut = 1; cut < lengths.length; cut++)
        expect(padded).toBeLessThanOrEqual(
          rules.runTokens + lengths[cut - 1]! * cut + lengths.at(-1)! * (lengths.length - cut),
        );
    }),
  );
});

test("all rows together cost the least that any cutting costs", () => {
  const cheapest = (lengths: readonly number[]): number =>
    lengths.length === 0
      ? 0
      : Math.min(
          ...lengths.map((_, from) => {
            const padded = (lengths.length - from) * lengths.at(-1)!;
            const isAllowed = padded <= rules.tokens || from === lengths.length - 1;
            return isAllowed ? cheapest(lengths.slice(0, from)) + rules.runTokens + padded : Infinity;
          }),
        );
  fc.assert(
    fc.property(someRows(8), (waiting) => {
      const sorted = (of: readonly { readonly length: number }[]): number[] =>
        of.map(({ length }) => length).sort((a, b) => a - b);
      const batch = new Set(chooseBatch(waiting, rules));
      const rest = waiting.filter((_, index) => !batch.has(index));
      const taken = sorted(waiting.filter((_, index) => batch.has(index)));
      const total = rules.runTokens + taken.at(-1)! * taken.length + cheapest(sorted(rest));
      expect(total).toBe(cheapest(sorted(waiting)));
    }),
  );
});
