import { expect, test } from "vitest";
import { countTests } from "./count-tests.js";

const file = (status: string, ...tests: readonly (readonly [string, string])[]) => ({
  name: "a.test.ts",
  status,
  assertionResults: tests.map(([fullName, testStatus]) => ({ fullName, status: testStatus })),
});

const REPORT = {
  testResults: [
    file("passed", ["adds", "passed"], ["reads MTSamples", "skipped"], ["reads PostgreSQL", "pending"]),
    file("failed", ["breaks", "failed"], ["subtracts", "passed"]),
    file("failed"),
  ],
};

test("a file that cannot be loaded counts as failed", () => {
  expect(countTests(REPORT, false)).toMatchObject({ passed: 2, failed: 2, skipped: 2 });
});

test("under CI a skipped PostgreSQL test counts as failed and is named", () => {
  const counts = countTests(REPORT, true);
  expect(counts).toMatchObject({ passed: 2, failed: 3, skipped: 1 });
  expect(counts.notes).toContain("FAILED by being skipped under CI: reads PostgreSQL");
});
