import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Example } from "../example.js";
import { crossValidationSplits, splitExamples, splitHash } from "./splits.js";

function examplesOf(documents: readonly number[]): Example[] {
  return documents.map((document, index) => ({
    kind: "label",
    id: `e${index}`,
    documentId: `d${document}`,
    patientId: `p${document % 10}`,
    text: "x",
    label: "a",
  }));
}

const drawn = fc.array(fc.nat(60), { minLength: 40, maxLength: 200 });
const PARTS = ["train", "dev", "test"] as const;

describe("splits", () => {
  test("never cut a document or a patient, lose nothing, and follow the seed", () => {
    fc.assert(
      fc.property(drawn, fc.nat(1000), fc.constantFrom("document", "patient"), (documents, seed, unit) => {
        const examples = examplesOf([...documents, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        const options = { shares: [60, 20, 20] as const, unit: unit as "document", seed };
        const split = splitExamples(examples, options);
        expect(splitExamples([...examples].reverse(), options).test.length).toBe(split.test.length);
        const ids = PARTS.map(
          (part) =>
            new Set(split[part].map((each) => (unit === "document" ? each.documentId : each.patientId!))),
        );
        expect(new Set(ids.flatMap((each) => [...each])).size).toBe(
          ids.reduce((sum, { size }) => sum + size, 0),
        );
        expect(
          PARTS.flatMap((part) => split[part])
            .map(({ id }) => id)
            .sort(),
        ).toEqual(examples.map(({ id }) => id).sort());
      }),
      { numRuns: 50 },
    );
  });

  test("have the proportions asked for, and refuse parts that would be empty", () => {
    const examples = examplesOf(Array.from({ length: 100 }, (_, index) => index));
    const split = splitExamples(examples, { shares: [80, 10, 10], unit: "document", seed: 1 });
    expect(PARTS.map((part) => split[part].length)).toEqual([80, 10, 10]);
    const none = splitExamples(examples, { shares: [90, 10, 0], unit: "document", seed: 1 });
    expect(none.test).toEqual([]);
    expect(() =>
      splitExamples(examples.slice(0, 3), { shares: [80, 10, 10], unit: "document", seed: 1 }),
    ).toThrow(expect.objectContaining({ code: "FINETUNE_DATA" }));
    const unknown = examples.map(({ patientId: _, ...rest }) => rest as Example);
    expect(() => splitExamples(unknown, { shares: [80, 10, 10], unit: "patient", seed: 1 })).toThrow(
      expect.objectContaining({ code: "FINETUNE_DATA", details: { example: "e0" } }),
    );
  });

  test("the hash is SHA-256 over the sorted document ids, a line each", () => {
    const examples = examplesOf([3, 1, 3, 2]);
    expect(splitHash(examples)).toBe(createHash("sha256").update("d1\nd2\nd3\n").digest("hex"));
  });

  test("folds: every document is tested once, and no document is in two parts of a fold", () => {
    const examples = examplesOf(Array.from({ length: 95 }, (_, index) => index % 43));
    const folds = crossValidationSplits(examples, 10, { unit: "document", seed: 4 });
    expect(folds.flatMap(({ test }) => test.map(({ id }) => id)).sort()).toEqual(
      examples.map(({ id }) => id).sort(),
    );
    for (const fold of folds) {
      const ids = PARTS.map((part) => new Set(fold[part].map(({ documentId }) => documentId)));
      expect(new Set(ids.flatMap((each) => [...each])).size).toBe(43);
      expect(ids.reduce((sum, { size }) => sum + size, 0)).toBe(43);
    }
    expect(() => crossValidationSplits(examples, 44, { unit: "document", seed: 4 })).toThrow("43 documents");
  });
});
