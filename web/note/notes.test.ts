import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toWords } from "./attention-words.js";
import { blockAt, cutBlocks, rowsOf } from "./blocks.js";
import { compareEntities } from "./compare-entities.js";
import { labelsOf, legendRows, sideEntities } from "./entities.js";
import { toBrat } from "./export.js";
import { maskContext } from "./mask-context.js";
import { cutSegments, type Overlay, within } from "./segments.js";
import { visibleText } from "./visible-text.js";
import { wordAfter, wordAt, wordBefore } from "./words.js";

const entity = (start: number, end: number, entity_group = "problem") => ({
  entity_group,
  score: 0.9,
  word: "",
  start,
  end,
});

describe("blocks", () => {
  const line = fc.oneof(
    fc.string({ maxLength: 90 }),
    fc.constant("x".repeat(9000)),
    fc.constant("🙂 ".repeat(3000)),
  );
  test("cover the note without hole or overlap, and none is long", () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 60 }), fc.array(fc.nat(5000)), (lines, places) => {
        const text = lines.join("\n");
        const starts = places.filter((place) => place < text.length).sort((a, b) => a - b);
        const blocks = cutBlocks(text, starts);
        expect(blocks.map(({ span }) => text.slice(...span)).join("")).toBe(text);
        for (const { span } of blocks) expect(span[1] - span[0]).toBeLessThanOrEqual(4000);
        for (const start of starts) expect(blocks.some(({ span }) => span[0] === start)).toBe(true);
        for (const { span, lines: lengths } of blocks)
          expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(span[1] - span[0]);
        for (const place of places.filter((offset) => offset < text.length)) {
          const [from, to] = blocks[blockAt(blocks, place)]!.span;
          expect(from <= place && place < to).toBe(true);
        }
      }),
      { numRuns: 60, seed: 1 },
    );
  });
  test("never part a surrogate pair", () => {
    for (const { span } of cutBlocks("🙂".repeat(5000))) expect(span[0] % 2).toBe(0);
  });
  test("know their rows before they are laid out", () => {
    expect(rowsOf(cutBlocks(`${"a".repeat(250)}\n\nb`)[0]!, 100)).toBe(3 + 1 + 1);
  });
});

describe("segments", () => {
  test("cover the range, and each has exactly the overlays that cover it", () => {
    const overlay = fc
      .tuple(fc.nat(60), fc.nat(30), fc.constantFrom("entity", "sentence"))
      .map(([start, length, layer]): Overlay => ({ span: [start, start + length], layer, index: 0 }));
    fc.assert(
      fc.property(fc.array(overlay), (overlays) => {
        const segments = cutSegments([10, 50], overlays);
        expect(segments[0]!.start).toBe(10);
        expect(segments.at(-1)!.end).toBe(50);
        for (const [index, { start, end, overlays: found }] of segments.entries()) {
          if (index > 0) expect(start).toBe(segments[index - 1]!.end);
          for (let at = start; at < end; at++)
            expect(new Set(found)).toEqual(
              new Set(overlays.filter(({ span }) => span[0] <= at && at < span[1])),
            );
        }
      }),
      { seed: 1 },
    );
  });
  test("takes what touches a range out of an ordered list", () => {
    const spans = [
      [0, 3],
      [5, 9],
      [9, 12],
      [20, 30],
    ] as const;
    expect(within(spans, (span) => span, [8, 20])).toEqual([
      [5, 9],
      [9, 12],
    ]);
    expect(within(spans, (span) => span, [12, 20])).toEqual([]);
  });
});

describe("text as it is shown", () => {
  test("has the length of the note, and no character that hides or reorders", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const shown = visibleText(text);
        expect(shown.length).toBe(text.length);
        expect(shown).not.toMatch(/[\0\u202A-\u202E\u2066-\u2069\u200B\u200F]/);
      }),
      { seed: 1 },
    );
    expect(visibleText("a\0b\u202Ec\r\n\té")).toBe("a␀b⇄c \n\té");
  });
});

describe("words", () => {
  test("hold the offset they were asked for, and follow each other", () => {
    const text = "Pt. given Lasix 40 mg (IV).";
    expect(text.slice(...wordAt(text, 11)!)).toBe("Lasix");
    expect(text.slice(...wordAt(text, 2)!)).toBe(".");
    expect(wordAt(text, 3)).toBeNull();
    expect(text.slice(...wordAfter(text, 15)!)).toBe("40");
    expect(text.slice(...wordBefore(text, 10)!)).toBe("given");
    expect(wordBefore(text, 0)).toBeNull();
    expect(wordAfter(text, text.length)).toBeNull();
  });
});

describe("the context of a mask", () => {
  const text = Array.from({ length: 200 }, (_, index) => `w${index}`).join(" ");
  const bounds = Int32Array.from(
    [...text.matchAll(/\S+/g)].flatMap(({ index, 0: word }) => [index, index + word.length]),
  );
  const wordAtPlace = (place: number) => [bounds[2 * place]!, bounds[2 * place + 1]!] as const;
  const options = { mask: "[MASK]", maxLength: 32 };
  /** Sentences of `length` words. */
  const sentencesOf = (length: number) =>
    Array.from({ length: 200 / length }, (_, index) => [
      bounds[2 * index * length]!,
      bounds[2 * (index + 1) * length - 1]!,
    ]) as [number, number][];

  test.each([0, 3, 100, 199])("is whole sentences around word %i, no more than the model reads", (place) => {
    const context = maskContext(text, wordAtPlace(place), { bounds }, sentencesOf(10), options);
    const words = context.split(" ");
    expect(words.length).toBe(20);
    expect(words.indexOf("[MASK]") % 10).toBe(place % 10);
    expect(words).not.toContain(`w${place}`);
    const own = Math.floor(place / 10) * 10;
    for (const other of [own, own + 9]) if (other !== place) expect(words).toContain(`w${other}`);
  });
  test.each([0, 3, 100, 199])("is cut around word %i where its sentence is too long", (place) => {
    const context = maskContext(text, wordAtPlace(place), { bounds }, sentencesOf(200), options);
    const words = context.split(" ");
    expect(words.length).toBe(28);
    expect(words).toContain("[MASK]");
    expect(text).toContain(context.slice(0, context.indexOf("[MASK]")));
    expect(text).toContain(context.slice(context.indexOf("[MASK]") + 6));
  });
  test("fits, and keeps the word out, wherever the word is and however long sentences are", () => {
    fc.assert(
      fc.property(
        fc.nat(199),
        fc.constantFrom(1, 2, 5, 25, 40, 200),
        fc.integer({ min: 6, max: 300 }),
        (place, length, maxLength) => {
          const context = maskContext(text, wordAtPlace(place), { bounds }, sentencesOf(length), {
            mask: "[MASK]",
            maxLength,
          });
          const words = context.split(" ");
          expect(words.length + 2).toBeLessThanOrEqual(maxLength);
          expect(words.filter((word) => word === "[MASK]").length).toBe(1);
          expect(words).not.toContain(`w${place}`);
        },
      ),
      { seed: 1 },
    );
  });
});

describe("two models", () => {
  test("agree where place and label are equal", () => {
    const shared = entity(0, 4);
    const { both, onlyFirst, onlySecond } = compareEntities(
      [shared, entity(5, 9), entity(20, 22)],
      [entity(0, 4, "Problem"), entity(5, 9, "test"), entity(30, 31)],
    );
    expect(both).toEqual([shared]);
    expect(onlyFirst.map(({ start }) => start)).toEqual([5, 20]);
    expect(onlySecond.map(({ start }) => start)).toEqual([5, 30]);
  });
});

describe("brat", () => {
  test("counts code points and writes fragments where an entity runs over a line", () => {
    const text = "🙂 chest\n  pain, fever";
    const start = text.indexOf("chest");
    const pain = text.indexOf("pain");
    expect(toBrat(text, [entity(start, pain + 4), entity(pain + 6, pain + 11, "a b")])).toBe(
      "T1\tproblem 2 7;8 14\tchest   pain\nT2\ta_b 16 21\tfever\n",
    );
  });
});

describe("attention between words", () => {
  test("adds what goes to pieces, averages what comes from them, and rows sum to 1", () => {
    const { words, weights } = toWords("tachycardia .", {
      tokens: ["[CLS]", "tachy", "##cardia", ".", "[SEP]"],
      spans: [null, [0, 5], [5, 11], [12, 13], null],
      weights: [
        [0.2, 0.2, 0.2, 0.2, 0.2],
        [0.1, 0.3, 0.2, 0.2, 0.2],
        [0.3, 0.1, 0.2, 0.2, 0.2],
        [0, 0.5, 0.5, 0, 0],
        [1, 0, 0, 0, 0],
      ],
    });
    expect(words.map(({ text }) => text)).toEqual(["[CLS]", "tachycardia", ".", "[SEP]"]);
    expect(weights[1]![0]).toBeCloseTo(0.2);
    expect(weights[2]![1]).toBeCloseTo(1);
    for (const row of weights) expect(row.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1);
  });
});

test("the legend lists classes that the note has first, and every class keeps its colour", () => {
  const labels = ["device", "problem", "age", "test"];
  const found = sideEntities([entity(0, 2, "test"), entity(4, 6), entity(8, 9, "test")], null);
  expect(labelsOf([], found)).toEqual(["test", "problem"]);
  expect(legendRows(labels, found)).toEqual([
    { label: "problem", colour: 1, count: 1 },
    { label: "test", colour: 3, count: 2 },
    { label: "device", colour: 0, count: 0 },
    { label: "age", colour: 2, count: 0 },
  ]);
});
