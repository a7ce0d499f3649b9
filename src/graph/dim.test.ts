import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { broadcastDims, type Dim, productOf, resolveDim, sameDims, splitDim, symbolsOf } from "./dim.js";

const SYMBOLS = new Map([
  ["B", 3],
  ["S", 5],
  ["M", 7],
]);
const factor = fc.oneof(fc.integer({ min: 1, max: 12 }), fc.constantFrom<Dim>("B", "S", "M"));
const dim: fc.Arbitrary<Dim> = fc.array(factor, { maxLength: 4 }).map(productOf);

describe("productOf", () => {
  test("is canonical: a coefficient, then symbols in order", () => {
    expect(productOf([])).toBe(1);
    expect(productOf([2, 3])).toBe(6);
    expect(productOf(["S", 4, "B", 3])).toBe("12*B*S");
    expect(productOf(["S", 1])).toBe("S");
    expect(productOf(["B", 0])).toBe(0);
    expect(productOf(["2*B", "B"])).toBe("2*B*B");
  });

  test("does not depend on order or on grouping", () => {
    fc.assert(
      fc.property(dim, dim, dim, (a, b, c) => {
        expect(productOf([a, b, c])).toBe(productOf([c, a, b]));
        expect(productOf([productOf([a, b]), c])).toBe(productOf([a, productOf([b, c])]));
      }),
    );
  });

  test("resolves to the product of its factors' numbers", () => {
    fc.assert(
      fc.property(fc.array(dim, { maxLength: 3 }), (dims) => {
        const expected = dims.reduce<number>((product, each) => product * resolveDim(each, SYMBOLS), 1);
        expect(resolveDim(productOf(dims), SYMBOLS)).toBe(expected);
      }),
    );
  });
});

test("splitDim splits off the largest known divisor up to the limit", () => {
  expect(splitDim("128*B", 64)).toEqual(["2*B", 64]);
  expect(splitDim(96, 64)).toEqual([2, 48]);
  expect(splitDim(97, 64)).toEqual([97, 1]);
  expect(splitDim("B*S", 64)).toEqual(["B*S", 1]);
  fc.assert(
    fc.property(dim, fc.integer({ min: 1, max: 64 }), (whole, limit) => {
      const [rest, block] = splitDim(whole, limit);
      expect(block).toBeLessThanOrEqual(limit);
      expect(productOf([rest, block])).toBe(whole);
    }),
  );
});

test("symbolsOf and resolveDim", () => {
  expect(symbolsOf(12)).toEqual([]);
  expect(symbolsOf("12*B*S")).toEqual(["B", "S"]);
  expect(resolveDim("12*B*S", SYMBOLS)).toBe(180);
  expect(() => resolveDim("N", SYMBOLS)).toThrow(/the symbol N has no value/);
});

describe("broadcastDims", () => {
  test("aligns at the right, symbols included", () => {
    expect(broadcastDims(["B", 1, 4], ["S", 1])).toEqual(["B", "S", 4]);
    expect(broadcastDims([], ["B", 3])).toEqual(["B", 3]);
    expect(broadcastDims(["B", "S"], ["B", "S"])).toEqual(["B", "S"]);
  });

  test("refuses what does not fit: different numbers, different symbols, a symbol and a number", () => {
    for (const [a, b] of [
      [[3], [4]],
      [["B"], ["S"]],
      [["B"], [3]],
    ] as [Dim[], Dim[]][])
      expect(() => broadcastDims(a, b)).toThrow(expect.objectContaining({ code: "GRAPH_SHAPE" }));
  });

  test("is symmetric", () => {
    const dims = fc.array(fc.constantFrom<Dim>(1, 3, "B"), { maxLength: 3 });
    const attempt = (a: readonly Dim[], b: readonly Dim[]): Dim[] | null => {
      try {
        return broadcastDims(a, b);
      } catch {
        return null;
      }
    };
    fc.assert(
      fc.property(dims, dims, (a, b) => {
        expect(attempt(a, b)).toEqual(attempt(b, a));
      }),
    );
  });
});

test("sameDims compares ranks and every dimension", () => {
  expect(sameDims(["B", 2], ["B", 2])).toBe(true);
  expect(sameDims(["B", 2], ["B"])).toBe(false);
  expect(sameDims(["B", 2], ["B", 3])).toBe(false);
});
