import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readGolden } from "../../test/oracle/read-golden.js";
import { areOrderedSpans, joinSpans } from "../notes/span.js";
import { isWhite } from "./characters.js";
import { createSectionSplitter } from "./splitter.js";

const splitter = createSectionSplitter("corrected");

/** Runs of three or more dashes or underscores: the only characters besides white space that may be left out. */
const SEPARATOR = /-{3,}|_{3,}/g;

function expectLossless(text: string): void {
  const sections = splitter.split(text);
  const spans = sections.flatMap((section) => section.spans);
  expect(areOrderedSpans(spans, text.length)).toBe(true);
  const covered = new Uint8Array(text.length);
  for (const [start, end] of spans) covered.fill(1, start, end);
  for (const { index, 0: rule } of text.matchAll(SEPARATOR))
    if (covered[index] === 0) covered.fill(1, index, index + rule.length);
  for (let at = 0; at < text.length; at++)
    if (covered[at] === 0 && !isWhite(text.charCodeAt(at)))
      expect.fail(`character ${at} of ${JSON.stringify(text)} is lost`);
  for (const section of sections) {
    expect(section.text).toBe(joinSpans(text, section.spans));
    expect([...section.text].every((character) => isWhite(character.charCodeAt(0)))).toBe(false);
  }
}

const token = fc.constantFrom(
  ..."\n|\n\n| |---|___|____|-----|1.|2.|3.|01.|07.|10.|1.5|2008.|Labs:|Past History (of it):|Disp:|of:|Admission Date: a Discharge Date: b|Date of Birth: c Sex: F|word|CV: ok|  Neuro: ok|Patient ___ seen|\u00a0|\u2028|\u001c|\u0085|\ufeff|\ud800|\udc00|𝟏.|é|(|)|:|.|\r\n".split(
    "|",
  ),
);
const hostileText = fc.array(token, { maxLength: 60 }).map((tokens) => tokens.join(""));

describe("corrected", () => {
  test("covers every character that is not white or of a separator rule, in order, without overlap", () => {
    fc.assert(fc.property(hostileText, expectLossless), { numRuns: 3000 });
    fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 200 }), expectLossless), { numRuns: 500 });
    for (const { text } of readGolden<{ text: string }>("sections/published.jsonl.gz")) expectLossless(text);
  });

  test("leaves MIMIC-IV's placeholder in its sentence, but takes a rule of its own line for a separator", () => {
    expect(texts("Patient ___ was seen by Dr. ___.\n___\nNext")).toEqual([
      "Patient ___ was seen by Dr. ___.",
      "Next",
    ]);
    expect(texts("above\n_______\nbelow")).toEqual(["above", "below"]);
  });

  test("splits zero-padded and gapped lists", () => {
    expect(texts("01. aspirin\n02. heparin\n05. insulin")).toEqual([
      "01. aspirin",
      "02. heparin",
      "05. insulin",
    ]);
    expect(texts("1. a\n2. b\n4. d\n1. new list")).toEqual(["1. a", "2. b", "4. d", "1. new list"]);
  });

  test("takes no decimal, year or far number for a list item", () => {
    expect(texts("Her INR was\n3.2, so coumadin was held")).toHaveLength(1);
    expect(texts("operated in\n2009. He recovered")).toHaveLength(1);
    expect(texts("1. a\n2. was 40 in\n52. That was all")).toEqual(["1. a", "2. was 40 in\n52. That was all"]);
  });

  test("keeps what the published script loses", () => {
    expect(texts("Labs:\n1. WBC 8\n2. Hgb 9")).toEqual(["Labs:", "1. WBC 8", "2. Hgb 9"]);
    expect(texts("Admission Date: x Discharge Date: y\nDate of Birth: z Sex: F\nrest")).toEqual([
      "Admission Date: x",
      "Discharge Date: y",
      "Date of Birth: z",
      "Sex:",
      "F",
      "rest",
    ]);
    expect(texts("1. one\n2. two\n3 tablets daily")).toEqual(["1. one", "2. two\n3 tablets daily"]);
  });

  test("marks titles and carries the category on to sections without a title of their own", () => {
    const note = "Medications on Admission:\nAspirin daily.\nHeparin.\n\n  Ext: warm";
    const found = splitter
      .split(note)
      .map(({ title, category }) => [title && note.slice(...title), category]);
    expect(found).toEqual([
      ["Medications on Admission", "medications"],
      [null, "medications"],
      ["Ext", "physical_exam"],
    ]);
  });
});

/**
 * Where `corrected` cuts otherwise than the script with its two documented fixes, by name. Every difference in 400 synthetic
 * and 3,000 hostile golden notes must have one of these names, and every name must occur.
 */
const NAMED_DIFFERENCES = [
  "the script raises an exception",
  "lines after the admission and birth lines are kept",
  "___ with other text on its line is a placeholder",
  "zero-padded, gapped or restarted list items are cut",
  "decimals, years and far numbers at a line's start are not cut",
  "a heading is cut where it begins a line, not where its characters occur first",
  "a separator rule is no heading's body",
  "a heading's body is joined or not, because a difference beside it changed its neighbour",
  "a character that is white only to Python is kept",
] as const;
type Difference = (typeof NAMED_DIFFERENCES)[number];

interface GoldenNote {
  readonly id: string;
  readonly text: string;
  readonly corrected: string[] | null;
}

describe("corrected beside the fixed script", () => {
  const counts = new Map<Difference, number>();
  let equal = 0;

  test.each(["published", "fuzzed"])("differs on the %s golden notes by name only", (name) => {
    for (const note of readGolden<GoldenNote>(`sections/${name}.jsonl.gz`)) {
      const names = explain(note);
      if (names.size === 0) equal++;
      for (const difference of names) counts.set(difference, (counts.get(difference) ?? 0) + 1);
    }
  });

  test("has no name that never occurs, and notes that agree", () => {
    expect(NAMED_DIFFERENCES.filter((name) => !counts.has(name))).toEqual([]);
    expect(equal).toBeGreaterThan(1500);
  });
});

/** Characters of sections without white space and separators, and the places between two sections. */
interface Cuts {
  readonly characters: string;
  readonly cuts: ReadonlySet<number>;
}

function cutsOf(sections: readonly string[]): Cuts {
  let characters = "";
  const cuts = new Set<number>();
  for (const section of sections) {
    characters += section.replace(SEPARATOR, "").replace(/[\s\u001c-\u001f\u0085]+/gu, "");
    cuts.add(characters.length);
  }
  cuts.delete(characters.length);
  cuts.delete(0);
  return { characters, cuts };
}

function explain({ id, text, corrected }: GoldenNote): Set<Difference> {
  const names = new Set<Difference>();
  const own = texts(text);
  if (JSON.stringify(tidy(own)) === JSON.stringify(tidy(corrected ?? []))) return names;
  if (corrected === null) return names.add("the script raises an exception");
  const ours = cutsOf(own);
  const theirs = cutsOf(corrected);
  const lost = ours.characters.length - theirs.characters.length;
  let shiftFrom = Number.POSITIVE_INFINITY;
  if (lost > 0) {
    const head =
      /^(?:Admission Date: |Date of Birth: )[^\n]*/.exec(text) ?? /\n\n(?:Date of Birth: )[^\n]*/.exec(text);
    if (head === null) expect.fail(`${id}: ${lost} characters more than the script`);
    shiftFrom = commonPrefix(ours.characters, theirs.characters);
    const rest = ours.characters.slice(0, shiftFrom) + ours.characters.slice(shiftFrom + lost);
    if (rest !== theirs.characters) expect.fail(`${id}: other characters than the script`);
    names.add("lines after the admission and birth lines are kept");
  } else if (ours.characters !== theirs.characters) expect.fail(`${id}: fewer characters than the script`);
  const moved = new Set([...theirs.cuts].map((cut) => (cut > shiftFrom ? cut + lost : cut)));
  for (const cut of symmetricDifference(ours.cuts, moved)) {
    if (cut >= shiftFrom && cut <= shiftFrom + lost) continue;
    names.add(
      nameOf(ours.characters, cut, ours.cuts.has(cut), text) ??
        expect.fail(`${id}: an unnamed difference at ${cut}`),
    );
  }
  if (names.size === 0) {
    if (own.some((section) => /[\u001c-\u001f\u0085]/.test(section)))
      names.add("a character that is white only to Python is kept");
    else if (/(?:_{3}|-{3})/.test(text)) names.add("a separator rule is no heading's body");
  }
  if (names.size === 0) expect.fail(`${id}: an unnamed difference of texts`);
  return names;
}

/** The cause of a cut that only one side has, read off the characters beside it. */
function nameOf(characters: string, cut: number, isOurs: boolean, text: string): Difference | null {
  const after = characters.slice(cut, cut + 40);
  if (/^\p{Nd}+\./u.test(after))
    return isOurs
      ? "zero-padded, gapped or restarted list items are cut"
      : "decimals, years and far numbers at a line's start are not cut";
  if (!isOurs && /\S[^\S\n]*___(?!_)|(?<!_)___[^\S\n]*\S/u.test(text) && isBesidePlaceholder(text, cut))
    return "___ with other text on its line is a placeholder";
  if (characters[cut - 1] === ":")
    return "a heading's body is joined or not, because a difference beside it changed its neighbour";
  if (/^[A-Z][^:]*:/.test(after) || characters.slice(0, cut).endsWith(":"))
    return "a heading is cut where it begins a line, not where its characters occur first";
  return null;
}

/** True when the `cut`-th character of the note, counted without white space and rules, has a `___` before it. */
function isBesidePlaceholder(text: string, cut: number): boolean {
  let seen = 0;
  for (const part of text.matchAll(/-{3,}|_{3,}|[^\s\u001c-\u001f\u0085]/gu)) {
    if (part[0] === "___" && seen === cut) return true;
    if (!/^(?:-{3,}|_{3,})$/.test(part[0])) seen += part[0].length;
  }
  return false;
}

function texts(text: string): string[] {
  return splitter.split(text).map((section) => section.text);
}

function tidy(sections: readonly string[]): string[] {
  return sections
    .map((section) => section.replace(/[\s\u001c-\u001f\u0085]+/gu, " ").trim())
    .filter((section) => section !== "" && section !== "-----" && section !== "_____");
}

function commonPrefix(a: string, b: string): number {
  let length = 0;
  while (length < b.length && a[length] === b[length]) length++;
  return length;
}

function symmetricDifference(a: ReadonlySet<number>, b: ReadonlySet<number>): number[] {
  return [...[...a].filter((value) => !b.has(value)), ...[...b].filter((value) => !a.has(value))];
}
