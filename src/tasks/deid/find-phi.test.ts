/** @file From token probabilities to PHI: the threshold, marks between words, repeated names, and results that are missing. */
import { describe, expect, it } from "vitest";
import { basicWords } from "../basic-words.js";
import type { EntityExample } from "../example.js";
import { measureRecall } from "./deid-recall.js";
import { replacePhi } from "./deidentify.js";
import { findPhi, type PhiSpan, phiClasses } from "./find-phi.js";
import { Surrogates } from "./surrogates.js";

const LABELS = { 0: "O", 1: "B-DATE", 2: "I-DATE", 3: "B-PATIENT", 4: "I-PATIENT", 5: "X" };
const classes = phiClasses(LABELS);

/** Tokens that are whole words; `odds` gives a word's probabilities, by default outside. */
function tokensOf(text: string, odds: Readonly<Record<string, readonly number[]>>) {
  return basicWords(text).map((span, index) => ({
    piece: text.slice(...span),
    span,
    index: index + 1,
    isSubword: false,
    scores: Float32Array.from(odds[text.slice(...span)] ?? [1, 0, 0, 0, 0, 0]),
  }));
}
const date = [0.1, 0.5, 0.4, 0, 0, 0];
const inside = [0.1, 0.4, 0.5, 0, 0, 0];
const faint = [0.85, 0, 0, 0.1, 0.05, 0];
const quotes = (text: string, found: readonly PhiSpan[]) =>
  found.map(({ label, span }) => [label, text.slice(...span)]);

describe("findPhi", () => {
  it("takes a word whose classes of PHI together reach the threshold, though outside is likelier", () => {
    const text = "Mr Doe has fever";
    const tokens = tokensOf(text, { Doe: faint });
    expect(quotes(text, findPhi(text, tokens, classes, 0.14))).toEqual([["PATIENT", "Doe"]]);
    expect(findPhi(text, tokens, classes, 0.16)).toEqual([]);
  });

  it("joins words over a mark that was left out, and over a blank where none begins, but not over words", () => {
    const text = "on 3/5/14 and 3/6/14 March 5 May";
    const found = findPhi(
      text,
      tokensOf(text, { "3": date, "5": date, "6": date, "14": date, March: date, May: inside }),
      classes,
      0.5,
    );
    expect(quotes(text, found)).toEqual([
      ["DATE", "3/5/14"],
      ["DATE", "3/6/14"],
      ["DATE", "March"],
      ["DATE", "5 May"],
    ]);
  });

  it("takes a name that was found once wherever the note has it", () => {
    const text = "DOE, seen. Doe is well; doe-eyed. Doe.";
    const tokens = tokensOf(text, {});
    tokens.find(({ piece }) => piece === "Doe")!.scores = Float32Array.from(faint);
    expect(quotes(text, findPhi(text, tokens, classes, 0.1))).toEqual([
      ["PATIENT", "Doe"],
      ["PATIENT", "Doe"],
    ]);
  });

  it("takes it in the genitive too", () => {
    const text = "Doe seen. Doe's son and DOE'S, Doe’s wife.";
    const tokens = tokensOf(text, {});
    tokens.find(({ piece }) => piece === "Doe")!.scores = Float32Array.from(faint);
    const found = findPhi(text, tokens, classes, 0.1);
    expect(quotes(text, found)).toEqual(Array(3).fill(["PATIENT", "Doe"]));
  });

  it("gives nothing for a note of which a token has no finite probabilities", () => {
    const text = "a b";
    for (const scores of [undefined, Float32Array.of(Number.NaN, 0, 0, 0, 0, 0)]) {
      const tokens = tokensOf(text, {}).map((token) =>
        token.piece === "b" ? { ...token, scores: scores! } : token,
      );
      expect(() => findPhi(text, tokens, classes, 0.5)).toThrow(
        expect.objectContaining({ code: "DEID_FAILED", details: { start: 2, end: 3 } }),
      );
    }
  });

  it("refuses models without PHI, or without an outside", () => {
    for (const labels of [
      { 0: "O", 1: "B-Disease" },
      { 0: "B-DATE", 1: "I-DATE" },
      { 0: "LABEL_0", 1: "LABEL_1" },
    ])
      expect(() => phiClasses(labels)).toThrow(expect.objectContaining({ code: "DEID_MODEL" }));
    expect(classes.map((each) => each && `${each.label} ${each.begins}`)).toEqual([
      null,
      "DATE true",
      "DATE false",
      "PATIENT true",
      "PATIENT false",
      null,
    ]);
  });
});

describe("replacePhi", () => {
  const text = "Doe, John was here 3/5 and 1/2/2014, then Christmas.";
  const place = (quote: string, label: string, category: PhiSpan["category"]): PhiSpan => {
    const start = text.indexOf(quote);
    return { label, category, span: [start, start + quote.length], score: 1 };
  };
  const entities = [
    place("Doe, John", "PATIENT", "NAME"),
    place("3/5", "DATE", "DATE"),
    place("1/2/2014", "DATE", "DATE"),
    place("Christmas", "DATE", "DATE"),
  ];

  it("puts placeholders, and surrogates with placeholders for what cannot be read", () => {
    expect(replacePhi(text, entities, "p", null)).toBe(
      "[**PATIENT**] was here [**DATE**] and [**DATE**], then [**DATE**].",
    );
    const copy = replacePhi(text, entities, "p", new Surrogates(Buffer.alloc(32, 1)));
    expect(copy).toMatch(
      /^[A-Z]\w+, [A-Z]\w+ was here \d+\/\d+ and \d+\/\d+\/\d{4}, then \[\*\*DATE\*\*\]\.$/,
    );
    expect(copy).not.toMatch(/Doe|John|1\/2\/2014/);
  });
});

describe("measureRecall", () => {
  const example = (id: string, text: string, ...entities: [string, number, number][]): EntityExample => ({
    kind: "entities",
    id,
    documentId: id,
    text,
    entities: entities.map(([label, start, end]) => ({ label, spans: [[start, end]] })),
  });
  const found = (start: number, end: number): PhiSpan => ({
    label: "ID",
    category: "ID",
    span: [start, end],
    score: 1,
  });

  it("counts tokens wholly covered by any PHI, and documents without a miss", () => {
    const gold = [
      example("a", "John Smith 3/5", ["PATIENT", 0, 10], ["DATE", 11, 14]),
      example("b", "Ann fine", ["DOCTOR", 0, 3], ["Disease", 4, 8]),
    ];
    const recall = measureRecall(gold, [[found(0, 9), found(11, 14)], [found(0, 8)]]);
    expect(recall.all).toMatchObject({
      tokens: 5,
      foundTokens: 4,
      tokenRecall: 0.8,
      documents: 2,
      wholeDocuments: 1,
    });
    expect(recall.categories).toMatchObject({
      NAME: { tokens: 3, foundTokens: 2, documents: 2, wholeDocuments: 1 },
      DATE: { tokens: 2, foundTokens: 2, documents: 1, wholeDocuments: 1 },
    });
    expect(recall.categories.ID).toBeUndefined();
    // `Smit` counts as taken and right, `fine` as taken and wrong.
    expect(recall.tokenPrecision).toBe(5 / 6);
    expect(recall.all.documentInterval[1]).toBeLessThan(1);
    // Two hits of two are no proof of a recall of 1.
    expect(recall.categories.DATE!.tokenInterval[0]).toBeCloseTo(0.342, 3);
    expect(recall.categories.DATE!.tokenInterval[1]).toBe(1);
  });
});
