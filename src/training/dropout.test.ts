import { describe, expect, test } from "vitest";
import { philox, STREAMS } from "../util/counter-random.js";
import { DropoutMasks } from "./dropout.js";
import { ALIAS_BITS, buildGapTable, COLUMNS, FRACTION_BITS } from "./gap-table.js";

const KEY = { seed: 1, step: 3, place: 2, firstRow: 0 };

function maskOf(p: number, rows: number, rowSize: number, key = KEY): Float32Array {
  const mask = new Float32Array(rows * rowSize);
  new DropoutMasks(p).fill(mask, new Array<number>(rows).fill(rowSize), key);
  return mask;
}

/** The mask as its definition says, one draw after the other. */
function expectedMask(p: number, rows: number, rowSize: number, key = KEY): Float32Array {
  const table = buildGapTable(p);
  const mask = new Float32Array(rows * rowSize).fill(1 / (1 - p));
  const words = new Uint32Array(4);
  for (let row = 0; row < rows; row++)
    for (let at = 0, draw = 0; at < rowSize; draw++) {
      philox(
        [STREAMS.dropout, key.seed],
        [Math.floor(draw / 4), key.firstRow + row, key.step, key.place],
        words,
      );
      const word = words[draw % 4]!;
      const column = word >>> FRACTION_BITS;
      const entry = table[column]!;
      const isColumn = word % 2 ** FRACTION_BITS < entry >>> ALIAS_BITS;
      const kept = isColumn ? column : entry % 2 ** ALIAS_BITS;
      at += kept;
      if (kept === COLUMNS - 1) continue;
      if (at < rowSize) mask[row * rowSize + at] = 0;
      at++;
    }
  return mask;
}

test.each([
  [0.001, 3, 5000],
  [0.1, 1, 1],
  [0.1, 5, 63],
  [0.1, 3, 1000],
  [0.1, 2, 98_304],
  [0.5, 4, 777],
  [0.99, 2, 4096],
])("p = %f, %i rows of %i: the masks are those of the definition", (p, rows, rowSize) => {
  const key = { seed: 0xdeadbeef, step: 149_999, place: 36, firstRow: 2 ** 31 };
  const [mask, expected] = [maskOf(p, rows, rowSize, key), expectedMask(p, rows, rowSize, key)];
  expect(mask.findIndex((value, index) => value !== expected[index])).toBe(-1);
});

test.each([0.001, 0.1, 0.5, 0.99])("the table of p = %f has the geometric distribution", (p) => {
  const table = buildGapTable(p);
  const mass = new Float64Array(COLUMNS);
  for (const [column, entry] of table.entries()) {
    const share = (entry >>> ALIAS_BITS) / 2 ** FRACTION_BITS;
    mass[column]! += share / COLUMNS;
    mass[entry % COLUMNS]! += (1 - share) / COLUMNS;
  }
  for (const [k, value] of mass.entries())
    expect(Math.abs(value - (k < COLUMNS - 1 ? p : 1) * (1 - p) ** k)).toBeLessThan(2 ** -FRACTION_BITS);
});

describe.each([0.05, 0.1, 0.5, 0.9])("p = %f", (p) => {
  const count = 4_000_000;
  const dropped = maskOf(p, 40, count / 40).map((value) => (value === 0 ? 1 : 0));

  test("drops with probability p, within five standard errors", () => {
    const share = dropped.reduce((sum, value) => sum + value, 0) / count;
    expect(Math.abs(share - p)).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / count));
  });

  test.each([1, 2, 3, 62, 63, 64, 128])("neighbours at distance %i are independent", (distance) => {
    let both = 0;
    for (let i = 0; i + distance < count; i++) both += dropped[i]! * dropped[i + distance]!;
    const expected = p * p;
    expect(Math.abs(both / (count - distance) - expected)).toBeLessThan(
      6 * Math.sqrt((expected * (1 - expected)) / count),
    );
  });
});

test("keeps the expectation: kept elements are 1/(1 − p)", () => {
  expect(new Set(maskOf(0.1, 2, 1000))).toEqual(new Set([0, Math.fround(1 / 0.9)]));
  expect(new Set(maskOf(0, 2, 1000))).toEqual(new Set([1]));
});

test("depends on the row of the whole batch, not on its place in a micro-batch", () => {
  const whole = maskOf(0.1, 8, 500);
  const second = maskOf(0.1, 4, 500, { ...KEY, firstRow: 4 });
  expect(second).toEqual(whole.slice(4 * 500));
});

test("a shorter row has the first draws of a longer one, and rows follow each other without gaps", () => {
  const full = maskOf(0.1, 3, 500);
  const mask = new Float32Array(500 + 77 + 300 + 9).fill(Number.NaN);
  new DropoutMasks(0.1).fill(mask, [500, 77, 300], KEY);
  const kept = new Float32Array(9).fill(1 / 0.9);
  expect(mask).toEqual(Float32Array.of(...full.slice(0, 577), ...full.slice(1000, 1300), ...kept));
});

test("differs between steps, places, seeds and rows", () => {
  const masks = [
    KEY,
    { ...KEY, step: 4 },
    { ...KEY, place: 3 },
    { ...KEY, seed: 2 },
    { ...KEY, firstRow: 1 },
  ].map((key) => maskOf(0.5, 1, 4096, key));
  for (const [i, a] of masks.entries())
    for (const b of masks.slice(i + 1)) {
      const equal = a.filter((value, at) => value === b[at]).length;
      expect(Math.abs(equal / 4096 - 0.5)).toBeLessThan(0.05);
    }
});
