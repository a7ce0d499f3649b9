import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { areOrderedSpans } from "../notes/span.js";
import { createRuleSentenceSplitter } from "./rule-splitter.js";

const splitter = createRuleSentenceSplitter();
const texts = (text: string): string[] => splitter.split(text).map((sentence) => sentence.text);

const token = fc.constantFrom(
  ...'\n|\n\n| |  |. |.|? |! |... |, |.,|Dr. |p.o. |b.i.d. |i.e. |1. |2. |3.|1.5 |- |• |Word|word|IV|The |she |"|(|)|[**Name**]|___ |[see comments] |HEADING:|Labs: |A. |b. |é|\u2028|\u0085|\ud83d\ude00|\ud800|中|…'.split(
    "|",
  ),
);

describe("rules", () => {
  test("covers every character that is not white, in order, each sentence on one line", () => {
    fc.assert(
      fc.property(
        fc.array(token, { maxLength: 60 }).map((tokens) => tokens.join("")),
        (text) => {
          const sentences = splitter.split(text);
          const spans = sentences.flatMap((sentence) => sentence.spans);
          expect(areOrderedSpans(spans, text.length)).toBe(true);
          const squeezed = (part: string): string => part.replace(/[\s\u0085]+/g, "");
          expect(spans.map(([start, end]) => squeezed(text.slice(start, end))).join("")).toBe(squeezed(text));
          for (const { text: line, spans } of sentences) {
            expect(line).not.toMatch(/[\n\v\f\r\u0085\u2028\u2029]/);
            expect(squeezed(line)).toBe(
              spans.map(([start, end]) => squeezed(text.slice(start, end))).join(""),
            );
          }
        },
      ),
      { numRuns: 10_000 },
    );
  });

  test.each<[string, string[]]>([
    ["Seen by Dr. Smith. He left.", ["Seen by Dr. Smith.", "He left."]],
    ["Lisinopril 5 mg p.o. q.d. without relief", ["Lisinopril 5 mg p.o. q.d. without relief"]],
    ["Metoprolol 25 mg b.i.d. She improved.", ["Metoprolol 25 mg b.i.d.", "She improved."]],
    ["Given 1 g. IV, i.e. a full dose.", ["Given 1 g. IV, i.e. a full dose."]],
    ["INR was 3.2. Coumadin was held.", ["INR was 3.2.", "Coumadin was held."]],
    ["s/p CABG; c/o pain (42/10)... s/p fall", ["s/p CABG; c/o pain (42/10)... s/p fall"]],
    ["Well until May... Then she fell.", ["Well until May...", "Then she fell."]],
    ["1. Aspirin.\n2. Heparin drip\n- none", ["1. Aspirin.", "2. Heparin drip", "- none"]],
    ["1. Gout. 2. Anemia. 3. Pain", ["1. Gout.", "2. Anemia.", "3. Pain"]],
    ["Plan:\nFollow up.", ["Plan:", "Follow up."]],
    ["Imp: ? UTI. Plan: ? extubate", ["Imp: ? UTI.", "Plan: ? extubate"]],
    [
      'Pt states "I feel better. I want to go home." Slept.',
      ['Pt states "I feel better. I want to go home."', "Slept."],
    ],
    ["Seen by [**First. Last. Name**] today.", ["Seen by [**First. Last. Name**] today."]],
    ["Patient ___ was seen by Dr. ___. ___ agreed.", ["Patient ___ was seen by Dr. ___.", "___ agreed."]],
    ["SUBJECTIVE:,  No pain.,OBJECTIVE:, Thin.", ["SUBJECTIVE:,  No pain.,", "OBJECTIVE:, Thin."]],
    [
      "activity of NF-kappa B. p50 binds DNA in G2/M. GATA-1 does not.",
      ["activity of NF-kappa B. p50 binds DNA in G2/M.", "GATA-1 does not."],
    ],
    [
      "OPERATION,1.  Repair,2.  Closure of 1,2 and 3",
      ["OPERATION,", "1.  Repair,", "2.  Closure of 1,2 and 3"],
    ],
  ])("%j", (text, expected) => {
    expect(texts(text)).toEqual(expected);
  });

  test("joins hard-wrapped lines and keeps real line breaks", () => {
    const note = [
      "She was transferred to the unit for bleeding from the upper tract. On the third day",
      "he desaturated to 82 % and was intubated by the team, which the family had agreed to",
      "in advance. His INR was 3.2.",
      "Neck: supple",
      "Ext: warm",
    ].join("\n");
    expect(texts(note)).toEqual([
      "She was transferred to the unit for bleeding from the upper tract.",
      "On the third day he desaturated to 82 % and was intubated by the team, which the family had agreed to in advance.",
      "His INR was 3.2.",
      "Neck: supple",
      "Ext: warm",
    ]);
  });

  const hostile: Readonly<Record<string, string>> = {
    "blank lines and ones": "\n\n1.",
    headings: "A:",
    "full stops": ".",
    "spaced full stops": ". ",
    "white space": " ",
    "lines of one letter": "a\n",
    "open parentheses": "(",
    quotes: '"',
    "open placeholders": "[**",
    "bullets and ones": "- 1. ",
    commas: ", ",
    initials: "A. ",
    "letters in a list": "a. ",
    digits: "1",
    "editorial brackets": "[see comments ",
    "tabs and feeds": "\t \n",
  };
  test.each(Object.keys(hostile))("one megabyte of %s takes less than a second of processor time", (name) => {
    const pattern = hostile[name]!;
    const text = pattern.repeat(Math.ceil((1 << 20) / pattern.length));
    const mixed = `${"-".repeat(1 << 19)}${pattern.repeat(Math.ceil((1 << 19) / pattern.length))}x`;
    for (const hard of [text, mixed]) {
      let best = Number.POSITIVE_INFINITY;
      for (let round = 0; round < 3 && best >= 1000; round++) {
        const start = process.cpuUsage();
        splitter.split(hard);
        const { user, system } = process.cpuUsage(start);
        best = Math.min(best, (user + system) / 1000);
      }
      expect(best).toBeLessThan(1000);
    }
  });
});
