/**
 * @file Sums a vitest JSON report as "PASSED FAILED SKIPPED" and names what was skipped. Under CI=true a test that was
 * skipped for want of PostgreSQL or Chromium is a failure: there they can be installed.
 *
 * Usage: node --import tsx scripts/count-tests.ts REPORT
 */
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Full names of skipped tests, those that count as failed first. */
  readonly notes: readonly string[];
}

export function countTests(report: Report, inCi: boolean): Counts {
  const tests = report.testResults.flatMap((file) => file.assertionResults);
  const withStatus = (...statuses: string[]) => tests.filter((test) => statuses.includes(test.status));
  const skipped = withStatus("skipped", "pending", "todo");
  const forbidden = inCi ? skipped.filter((test) => /PostgreSQL|Chromium/i.test(test.fullName)) : [];
  // A file that could not even be loaded has a failed status and no tests.
  const broken = report.testResults.filter(
    (file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed"),
  );
  return {
    passed: withStatus("passed").length,
    failed: withStatus("failed").length + forbidden.length + broken.length,
    skipped: skipped.length - forbidden.length,
    notes: [
      ...broken.map((file) => `FAILED to load: ${file.name}`),
      ...forbidden.map((test) => `FAILED by being skipped under CI: ${test.fullName}`),
      ...skipped.filter((test) => !forbidden.includes(test)).map((test) => `skipped: ${test.fullName}`),
    ],
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const report = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")) as Report;
  const { passed, failed, skipped, notes } = countTests(report, process.env["CI"] === "true");
  for (const note of notes) console.error(note);
  console.log(`${passed} ${failed} ${skipped}`);
}
