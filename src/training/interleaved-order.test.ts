import { expect, test } from "vitest";
import { createInterleavedOrder } from "./interleaved-order.js";

const take = (counts: readonly number[], seed: number, length: number): number[] => {
  const order = createInterleavedOrder(counts, seed);
  return Array.from({ length }, (_, position) => order(position));
};

test("a position has one index, whether the run came to it or began there", () => {
  const counts = [40, 7, 300, 1, 95, 12];
  const whole = take(counts, 9, 3000);
  for (const start of [0, 1, 99, 100, 101, 1234, 2998]) {
    const order = createInterleavedOrder(counts, 9);
    expect([order(start), order(start + 1)]).toEqual(whole.slice(start, start + 2));
  }
  const order = createInterleavedOrder(counts, 9);
  expect([order(700), order(3), order(700)]).toEqual([whole[700], whole[3], whole[700]]);
});

test("one file through a buffer of a hundred: nothing comes early or twice, delays fall off as they should", () => {
  const count = 50_000;
  const drawn = take([count + 100], 4, count);
  expect(new Set(drawn).size).toBe(count);
  const delays = drawn.map((index, position) => position - index);
  // A record enters when there is room for it: no more than 99 places before its turn.
  expect(Math.min(...delays)).toBe(-99);
  // It then leaves with probability 1/100 a draw: delays are geometric, of mean 99 behind the moment it entered.
  const waits = delays.slice(10_000).map((delay) => delay + 99);
  const mean = waits.reduce((sum, wait) => sum + wait, 0) / waits.length;
  expect(Math.abs(mean - 99)).toBeLessThan(4);
  const beyond = waits.filter((wait) => wait >= 200).length / waits.length;
  expect(Math.abs(beyond - 0.99 ** 200)).toBeLessThan(0.012);
});

test("four files are read at a time, a fifth one not before one of them has ended", () => {
  const counts = Array.from({ length: 8 }, () => 1000);
  const fileOf = (index: number): number => Math.floor(index / 1000);
  const early = take(counts, 2, 3000).map(fileOf);
  const files = [...new Set(early)];
  expect(files).toHaveLength(4);
  // In turn, one record each: equal shares.
  for (const file of files) {
    const share = early.filter((each) => each === file).length / early.length;
    expect(Math.abs(share - 0.25)).toBeLessThan(0.02);
  }
  expect(new Set(take(counts, 2, 5000).map(fileOf)).size).toBeGreaterThan(4);
});

test("every file comes again and again, though not equally often at first", () => {
  const counts = [20, 20, 20, 20, 20, 20];
  const drawn = take(counts, 1, 120 * 200);
  const perFile = counts.map((_, file) => drawn.filter((index) => Math.floor(index / 20) === file).length);
  for (const seen of perFile) expect(Math.abs(seen / (20 * 200) - 1)).toBeLessThan(0.05);
});

test("another seed is another order", () => {
  expect(take([500, 500], 1, 50)).not.toEqual(take([500, 500], 2, 50));
});
