import { expect, test } from "vitest";

test("a suite that cannot fail proves nothing", () => {
  expect(2 + 2, "this test is meant to fail: 2 + 2 is not 5").toBe(5);
});
