import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ERROR_CATALOGUE } from "./error-catalogue.js";
import { ClinicalBertError, internalError } from "./errors.js";

test("docs/errors.md and the catalogue agree both ways", () => {
  const text = readFileSync(new URL("../docs/errors.md", import.meta.url), "utf8");
  const documented = [...text.matchAll(/^\| `([A-Z0-9_]+)` \| (.*?) \| (.*?) \|$/gm)].map((row) =>
    row.slice(1, 4),
  );
  const catalogue = Object.entries(ERROR_CATALOGUE).map(([code, entry]) => [
    code,
    entry.meaning,
    entry.remedy,
  ]);
  expect(documented).toEqual(catalogue);
});

test("a message ends with the remedy, the thrower's own where it gives one", () => {
  const plain = new ClinicalBertError("FILE_NOT_FOUND", "a.csv does not exist.", {
    details: { path: "a.csv" },
  });
  expect(plain.message).toBe("a.csv does not exist. Check the path.");
  expect(JSON.parse(JSON.stringify(plain))).toEqual({
    code: "FILE_NOT_FOUND",
    message: plain.message,
    details: { path: "a.csv" },
  });
  expect(new ClinicalBertError("USAGE", "No.", { remedy: "Say yes." }).message).toBe("No. Say yes.");
  expect(internalError("x").code).toBe("INTERNAL");
});
