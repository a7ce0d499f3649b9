import fc from "fast-check";
import { expect, test } from "vitest";
import { createInstanceOrder } from "./instance-order.js";

test("every epoch reads every instance exactly once", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 3000 }),
      fc.integer(),
      fc.integer({ min: 0, max: 5 }),
      (count, seed, epoch) => {
        const order = createInstanceOrder(count, seed);
        const seen = new Set(Array.from({ length: count }, (_, i) => order(epoch * count + i)));
        expect(seen.size).toBe(count);
        expect(Math.max(...seen)).toBe(count - 1);
      },
    ),
    { numRuns: 60 },
  );
});

test("epochs and seeds differ, and a position alone decides", () => {
  const read = (seed: number, epoch: number): number[] => {
    const order = createInstanceOrder(1000, seed);
    return Array.from({ length: 1000 }, (_, i) => order(epoch * 1000 + i));
  };
  expect(read(1, 0)).not.toEqual(read(1, 1));
  expect(read(1, 0)).not.toEqual(read(2, 0));
  expect(createInstanceOrder(1000, 1)(1500)).toBe(read(1, 1)[500]);
});

test("neighbours in the file are not neighbours in the run", () => {
  const order = createInstanceOrder(10_000, 3);
  let close = 0;
  for (let i = 0; i + 1 < 10_000; i++) if (Math.abs(order(i) - order(i + 1)) < 100) close++;
  // Two independent uniform indices are within 100 of each other in 2 % of cases.
  expect(close / 10_000).toBeLessThan(0.03);
});
