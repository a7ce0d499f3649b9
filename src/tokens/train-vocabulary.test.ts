import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { extendVocabulary } from "./extend-vocabulary.js";
import { trainVocabulary } from "./train-vocabulary.js";
import { createVocabulary } from "./vocabulary.js";
import { hasLongDigitRun, NO_VOCABULARY_PRIVACY } from "./vocabulary-privacy.js";
import { countLine, type WordCount, WordCounter } from "./word-counts.js";
import { WordPieceTokenizer } from "./wordpiece-tokenizer.js";

const oracle = JSON.parse(
  gunzipSync(readFileSync(new URL("../../test/oracle/vocabularies.json.gz", import.meta.url))).toString(
    "utf8",
  ),
) as { cases: { words: Record<string, number>; size: number; vocabulary: string[] }[] };

/** Counts with as many patients as occurrences, up to 20. */
const counted = (words: Record<string, number>, firstPatient = 0): Map<string, WordCount> =>
  new Map(
    Object.entries(words).map(([word, count]) => [
      word,
      { count, patients: Array.from({ length: Math.min(count, 20) }, (_, index) => firstPatient + index) },
    ]),
  );

test.each(oracle.cases.map((each, index) => [index, each] as const))(
  "corpus %i without ties: the vocabulary of Hugging Face's trainer",
  (_, { words, size, vocabulary }) => {
    const trained = trainVocabulary(counted(words), { size, privacy: NO_VOCABULARY_PRIVACY });
    expect([...trained.vocabulary.tokens].sort()).toEqual([...vocabulary].sort());
  },
);

test("the order of the words does not matter", () => {
  const { words } = oracle.cases[0]!;
  const backwards = Object.fromEntries(Object.entries(words).reverse());
  const train = (each: Record<string, number>) =>
    trainVocabulary(counted(each), { size: 200, privacy: NO_VOCABULARY_PRIVACY }).vocabulary.tokens;
  expect(train(backwards)).toEqual(train(words));
});

describe("privacy", () => {
  const common = { pain: 500, patient: 400, denies: 300, chest: 350 };
  const withName = (patients: number): Map<string, WordCount> => {
    const words = counted({ ...common, "1234567": 900, "12": 800 });
    // Every letter is common, so that the name alone decides.
    for (const letter of "abcdefghijklmnopqrstuvwxyz") words.set(letter, counted({ x: 30 }).get("x")!);
    words.set("hathaway", { count: 5000, patients: Array.from({ length: patients }, (_, index) => index) });
    return words;
  };
  test("a name of 19 patients is not learned, one of 20 is", () => {
    expect(trainVocabulary(withName(19), { size: 300 }).vocabulary.idOf.has("hathaway")).toBe(false);
    expect(trainVocabulary(withName(20), { size: 300 }).vocabulary.idOf.has("hathaway")).toBe(true);
    const { audit, refused } = trainVocabulary(withName(19), { size: 300 });
    expect(refused).toBeGreaterThan(0);
    expect(audit.every(({ patients }) => patients === 20)).toBe(true);
    expect(audit.some(({ piece }) => piece === "pain")).toBe(true);
    const pieces = audit.map(({ piece }) => piece.replace("##", "")).filter((piece) => piece.length > 1);
    expect(pieces.filter((piece) => "hathaway".includes(piece) && !/^(at|th|ha)$/.test(piece))).toEqual([]);
  });
  test("runs of more than 4 digits are not learned", () => {
    const { vocabulary } = trainVocabulary(withName(20), { size: 300 });
    expect(vocabulary.tokens.filter((token) => /\d{5}/.test(token))).toEqual([]);
    expect(vocabulary.idOf.has("12")).toBe(true);
    expect([
      hasLongDigitRun("##12345", 4),
      hasLongDigitRun("1234a1234", 4),
      hasLongDigitRun("١٢٣٤٥", 4),
    ]).toEqual([true, false, true]);
  });
  test("patients are counted over documents, once each, and blank lines in a row end one document", () => {
    const counter = new WordCounter({ dialect: "google", lowercase: true, patientLimit: 20 });
    for (const line of ["Pain pain", "pain.", "", " ", "pain"]) countLine(counter, line, 0, line.length);
    expect(counter.words.get("pain")).toEqual({ count: 4, patients: [0, 1] });
    expect(counter.words.get(".")).toEqual({ count: 1, patients: [0] });
    const named = new WordCounter({ dialect: "google", lowercase: true, patientLimit: 20 });
    for (const line of ["pain", "", "pain"]) countLine(named, line, 0, line.length, () => 7);
    expect(named.words.get("pain")).toEqual({ count: 2, patients: [7] });
  });
});

describe("extension", () => {
  const letters = [..."abcdefghijklmnopqrstuvwxyz"];
  const base = createVocabulary([
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    "[unused1]",
    "[unused2]",
    ...letters,
    ...letters.map((each) => `##${each}`),
  ]);
  test("the slots get the pieces that save most, ids stay, the corpus gets shorter by what was said", () => {
    const words = counted({ metoprolol: 100, atenolol: 90, po: 120, secretname: 1000 });
    words.set("secretname", { count: 1000, patients: [1, 2, 3] });
    const { vocabulary, audit, tokensBefore, tokensAfter, refused } = extendVocabulary(base, words);
    expect(vocabulary.tokens).toHaveLength(base.tokens.length);
    expect(vocabulary.tokens.slice(7)).toEqual(base.tokens.slice(7));
    expect(audit.map(({ piece }) => piece)).toEqual(vocabulary.tokens.slice(5, 7));
    expect(vocabulary.tokens.some((token) => token.includes("secret"))).toBe(false);
    expect(refused).toBeGreaterThan(0);
    const tokenizer = new WordPieceTokenizer(vocabulary, { lowercase: true });
    let tokens = 0;
    for (const [word, { count }] of words) tokens += count * tokenizer.idsOf(word).length;
    expect(tokens).toBe(tokensAfter);
    expect(tokensAfter).toBeLessThan(tokensBefore);
  });
});

test("more different words than may be held are refused, many short ones as well as a few endless ones", () => {
  const counter = (): WordCounter =>
    new WordCounter({ dialect: "huggingface", lowercase: false, patientLimit: 20, maxWords: 100 });
  const words = Array.from({ length: 101 }, (_, index) => `w${index}`);
  const full = counter();
  full.add(words.slice(0, 100).join(" "), 0);
  full.add(words.slice(0, 100).join(" "), 1);
  expect(full.words.size).toBe(100);
  const refusal = expect.objectContaining({ code: "VOCABULARY_WORDS" });
  expect(() => full.add(words[100]!, 2)).toThrow(refusal);
  expect(() => counter().add(["a", "b"].map((letter) => letter.repeat(2000)).join(" "), 0)).toThrow(refusal);
});
