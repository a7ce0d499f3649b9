import { expect, test } from "vitest";
import { wilsonInterval } from "./wilson.js";

// Computed in Python from the formula of Wilson (1927), to six digits.
test.each([
  [0, 10, 0, 0.277533],
  [5, 10, 0.236593, 0.763407],
  [1144, 2000, 0.550198, 0.593526],
  [10, 10, 0.722467, 1],
])("%d of %d", (hits, trials, low, high) => {
  const [a, b] = wilsonInterval(hits, trials);
  expect(a).toBeCloseTo(low, 5);
  expect(b).toBeCloseTo(high, 5);
});

test("no trials say nothing", () => {
  expect(wilsonInterval(0, 0)).toEqual([0, 1]);
});
