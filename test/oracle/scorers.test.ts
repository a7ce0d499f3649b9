/**
 * @file The scorers against their originals on random cases (generate/scorers.py). The committed files hold a few dozen cases each;
 * `CLINICALBERT_SCORER_CASES` names a folder with more.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseConcepts } from "../../src/tasks/readers/i2b2-concepts.js";
import {
  conlleval,
  type DeidDocument,
  pairSentences,
  type StrictScheme,
  scoreConcepts,
  scoreDeid,
  scoreLabels,
  seqeval,
} from "../../src/tasks/index.js";

const FOLDER = process.env["CLINICALBERT_SCORER_CASES"] ?? join(import.meta.dirname, "scorers");

interface Golden<C, U = string> {
  readonly upstream: U;
  readonly cases: readonly C[];
}

function golden<C, U = string>(name: string): Golden<C, U> {
  return JSON.parse(readFileSync(join(FOLDER, `${name}.json`), "utf8")) as Golden<C, U>;
}

type Tags = readonly (readonly string[])[];

describe("conlleval", () => {
  const { cases } = golden<{ gold: Tags; predicted: Tags; raw: boolean; latex: boolean; report: string }>(
    "conlleval",
  );

  it("writes what conlleval.pl writes, to the character", () => {
    expect(cases.length).toBeGreaterThanOrEqual(40);
    const withWords = (sentences: Tags) => sentences.map((tags) => ({ words: tags.map(() => "w"), tags }));
    for (const { gold, predicted, raw, latex, report } of cases)
      expect(conlleval(pairSentences(withWords(gold), withWords(predicted)), { raw, latex }).report).toBe(
        report,
      );
  });
});

describe("seqeval", () => {
  interface Case {
    readonly gold: Tags;
    readonly predicted: Tags;
    readonly strict: StrictScheme | null;
    readonly report: string | null;
    readonly expected: Readonly<Record<string, readonly number[]>>;
  }
  const { cases } = golden<Case>("seqeval");

  it("gives the numbers and the report of classification_report in the default mode and in every strict scheme", () => {
    expect(new Set(cases.map(({ strict }) => strict)).size).toBe(7);
    for (const { gold, predicted, strict, report, expected } of cases) {
      const result = seqeval(gold, predicted, strict === null ? {} : { strict });
      if (report === null) {
        expect(result.classes).toEqual([]);
        continue;
      }
      expect(result.report(4)).toBe(report);
      for (const [name, average] of [
        ["micro avg", result.micro],
        ["macro avg", result.macro],
        ["weighted avg", result.weighted],
      ] as const)
        expectClose([average.precision, average.recall, average.f1, average.support], expected[name]!);
      for (const [label, rates] of result.classes)
        expectClose([rates.precision, rates.recall, rates.f1, rates.gold], expected[label]!);
    }
  });
});

describe("score_i2b2.py", () => {
  const { cases } = golden<{ gold: string[]; predicted: string[]; fails: boolean; report: string }>("i2b2");

  it("prints the same counts and rates, and knows where the script divides by zero", () => {
    expect(new Set(cases.map(({ fails }) => fails)).size).toBe(2);
    for (const { gold, predicted, fails, report } of cases) {
      const scores = scoreConcepts(
        parseConcepts("gold", gold.join("\n")),
        parseConcepts("predicted", predicted.join("\n")),
      );
      expect(scores.scriptFails).toBe(fails);
      // The script prints its first line before it fails.
      expect(fails ? `${scores.report.split("\n")[0]}\n` : scores.report).toBe(report);
    }
  });
});

describe("accuracy", () => {
  const { cases } = golden<{
    gold: string[];
    predicted: string[];
    accuracy: number;
    labels: string[];
    confusion: number[][];
    f1: number;
  }>("labels");

  it("agrees with scikit-learn, confusion matrix included", () => {
    for (const { gold, predicted, ...expected } of cases) {
      const items = (labels: string[]) => labels.map((label, index) => ({ id: String(index), label }));
      const scores = scoreLabels(items(gold), items(predicted), { samples: 0 });
      expect(scores.labels).toEqual(expected.labels);
      expect(scores.confusion).toEqual(expected.confusion);
      expectClose([scores.accuracy, scores.macroF1], [expected.accuracy, expected.f1]);
    }
  });
});

describe("i2b2 2014 de-identification", () => {
  type Tag = readonly [name: string, type: string, start: number, end: number];
  interface Case {
    readonly documents: readonly {
      id: string;
      text: string;
      gold: readonly Tag[];
      predicted: readonly Tag[];
    }[];
    /** `null` where the script prints nan: the F1 of two means that are 0. Here that is 0. */
    readonly measures: readonly (readonly (number | null)[])[];
  }
  const { upstream, cases } = golden<Case, { readonly measures: readonly string[] }>("deid");
  const side = (documents: Case["documents"], key: "gold" | "predicted"): DeidDocument[] =>
    documents.map(({ id, text, [key]: tags }) => ({
      id,
      text,
      tags: tags.map(([name, type, start, end]) => ({ name, type, start, end })),
    }));

  it("gives every measure of evaluate.py, in any order of categories", () => {
    for (const { documents, measures } of cases) {
      const scores = new Map(
        scoreDeid(side(documents, "gold"), side(documents, "predicted")).map((measure) => [
          measure.name,
          measure,
        ]),
      );
      expect(scores.size).toBe(upstream.measures.length);
      for (const [index, name] of upstream.measures.entries()) {
        // The script calls its last measure of a category binary, which it is not.
        const { micro, macro } = scores.get(
          name.replace("HIPPA", "HIPAA").replace(/^(\w+) Binary HIPAA/, "$1 HIPAA"),
        )!;
        expectClose(
          [
            micro.precision,
            micro.recall,
            micro.f1,
            macro.precision,
            macro.recall,
            macro.f1,
            macro.precisionDeviation,
            macro.recallDeviation,
          ],
          measures[index]!.map((value) => value ?? 0),
          name,
        );
      }
    }
  });
});

function expectClose(actual: readonly number[], expected: readonly number[], name = ""): void {
  for (const [index, value] of actual.entries())
    expect(
      Math.abs(value - expected[index]!),
      `${name} ${index}: ${value} against ${expected[index]}`,
    ).toBeLessThan(1e-12);
}
