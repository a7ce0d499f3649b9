import { expect, test } from "vitest";
import { chooseWorkerCount } from "./worker-count.js";

const GB = 1e9;

test("one worker a thread, four at most, and no more copies than a quarter of the memory holds", () => {
  expect(chooseWorkerCount(1, 0.44 * GB, 16 * GB)).toBe(1);
  expect(chooseWorkerCount(2, 0.44 * GB, 16 * GB)).toBe(2);
  expect(chooseWorkerCount(64, 0.44 * GB, 256 * GB)).toBe(4);
  expect(chooseWorkerCount(8, 1.3 * GB, 48 * GB)).toBe(3);
  expect(chooseWorkerCount(8, 1.3 * GB, 2 * GB)).toBe(1);
});
