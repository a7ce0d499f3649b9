import { expect, test } from "vitest";
import { meanInterval } from "./mean-interval.js";

test("mean, sample deviation and the interval by Student's t (4 degrees of freedom: 2.776445) of five values", () => {
  const { mean, deviation, interval, count } = meanInterval([71.2, 70.4, 72.9, 71.8, 70.1]);
  expect(count).toBe(5);
  expect(mean).toBeCloseTo(71.28, 10);
  expect(deviation!).toBeCloseTo(1.12561, 5);
  expect(interval![0]).toBeCloseTo(69.8824, 3);
  expect(interval![1]).toBeCloseTo(72.6776, 3);
});

test("one value has no interval", () => {
  expect(meanInterval([3])).toEqual({ mean: 3, deviation: null, interval: null, count: 1 });
});
