import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createWorkBudget, suffixLength } from "./affix-search.js";
import { findPlaceholders } from "./alsentzer2019.js";
import { type ArcEagerState, createArcEagerState } from "./arc-eager.js";
import { createArcEagerStateV2 } from "./arc-eager-v2.js";
import { createPlainArithmetic, createWasmArithmetic, paddedOutputs } from "./arithmetic.js";
import { hashRows } from "./hash-rows.js";
import { createParseTree, setEdgesAndSentences } from "./parse-tree.js";
import { translatePythonRegex } from "./python-regex.js";
import { isTitleText, lastCharacters, wordShape } from "./python-text.js";
import { type EditableText, mergeWords } from "./retokenize.js";
import { hashString } from "./string-ids.js";
import { stringIdsV2 } from "./lexemes-v2.js";
import { stringIdsV3 } from "./vocabulary.js";
import type { Transitions } from "./transitions.js";

describe("ids", () => {
  it("hashes strings as spaCy does", () => {
    expect(hashString("coffee")).toBe(3197928453018144401n);
    expect(hashString("apple")).toBe(8566208034543834098n);
    expect(hashString("ROOT")).toBe(8206900633647566924n);
    expect(hashString("’")).toBe(9283054155332335931n);
  });

  it("gives symbols their small ids, which differ by version", () => {
    expect([stringIdsV3(""), stringIdsV3("X"), stringIdsV3("neg"), stringIdsV3("_")]).toEqual([
      0n,
      101n,
      425n,
      456n,
    ]);
    expect([stringIdsV2("X"), stringIdsV2("LAW"), stringIdsV2("patient")]).toEqual([
      100n,
      448n,
      hashString("patient"),
    ]);
  });

  it("finds spaCy's rows of hash tables", () => {
    const rows = new Uint32Array(4);
    hashRows(stringIdsV3("patient"), 8, 5000, rows, 0);
    expect([...rows]).toEqual([1610, 1347, 1267, 2021]);
    hashRows(1n, 12, 50, rows, 0);
    expect([...rows]).toEqual([6, 13, 20, 22]);
  });
});

describe("Python's words", () => {
  it.each([
    ["I", true],
    ["A", true],
    ["O2", true],
    ["1D", true],
    ["CT", false],
    ["mL", false],
    ["ǅungla", true],
    ["They're", false],
    ["2nd", false],
    ["", false],
  ])("istitle of %j is %s", (text, expected) => {
    expect(isTitleText(text)).toBe(expected);
  });

  it.each([
    ["Patient", "Xxxxx"],
    ["IL-2", "XX-d"],
    ["x²①٣", "xddd"],
    ["𝔘𝔘中", "XXx"],
    ["a".repeat(100), "LONG"],
    ["😀".repeat(99), "😀😀😀😀"],
  ])("the shape of %j is %s", (text, expected) => {
    expect(wordShape(text)).toBe(expected);
  });

  it("counts code points from the end", () => {
    expect(lastCharacters("ab😀c", 3)).toBe("b😀c");
    expect(lastCharacters("😀", 3)).toBe("😀");
  });
});

describe("Python's regular expressions", () => {
  const matches = (pattern: string, text: string, dialect: "re" | "regex" = "re"): boolean =>
    new RegExp(`^(?:${translatePythonRegex(pattern, "test", dialect).source})$`, "v").test(text);

  it.each<[string, string, "re" | "regex", boolean]>([
    ["\\U0001F600", "😀", "re", true],
    ["[\\U0001F600-\\U0001F64F]", "😃", "re", true],
    ["[a\\-z]", "m", "re", false],
    ["\\s", "\u001c", "re", true],
    ["\\s", "\ufeff", "re", false],
    ["\\w", "²", "re", true],
    ["\\w", "\u0301", "re", false],
    ["\\w", "\u0301", "regex", true],
    ["\\d", "٣", "re", true],
    ["[a||b]", "|", "re", true],
    ["[a||b]", "|", "regex", false],
    ["[\\p{Ll}&&\\p{Latin}]", "a", "regex", true],
    ["[\\p{Ll}&&\\p{Latin}]", "я", "regex", false],
    ["[[a-z]--[aeiou]]", "e", "regex", false],
    ["[^\\S]", " ", "re", true],
    ["a{,2}", "aa", "re", true],
    ["a{x", "a{x", "re", true],
    ["(?P<x>a)(?P=x)", "aa", "re", true],
    ["[]a]", "]", "re", true],
    ["/", "/", "re", true],
  ])("%s on %j (%s): %s", (pattern, text, dialect, expected) => {
    expect(matches(pattern, text, dialect)).toBe(expected);
  });

  it.each(["a++", "(?x) a", "[a", "(a", "a)", "*a", "(?i:a)"])("refuses %s by name", (pattern) => {
    expect(() => translatePythonRegex(pattern, "suffix_search", "re")).toThrow(/suffix_search/);
  });

  it("searches suffixes near the end as it would in the whole word", () => {
    const source = "\\.\\.+$|…$|(?<=[0-9])(?:km|mg|g)$|'s$|(?<=[a-z]{2})\\.$|\\)$";
    const regex = translatePythonRegex(source, "suffix_search", "re");
    const windowed = suffixLength(regex);
    const whole = new RegExp(regex.source, "v");
    const words = fc.array(
      fc.constantFrom("a", "7", ".", "…", "k", "m", "g", "'", "s", ")", "😀", "..", "x".repeat(40)),
      {
        maxLength: 60,
      },
    );
    fc.assert(
      fc.property(words, (pieces) => {
        const text = pieces.join("");
        expect(windowed(text, createWorkBudget())).toBe(whole.exec(text)?.[0].length ?? 0);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("placeholders", () => {
  it("are those of the script's pattern", () => {
    const pieces = fc.array(
      fc.constantFrom("[**", "**]", "a", "Name ", "2101-1-1", "\n", "*", "[", "]", "😀", "x".repeat(14)),
      {
        maxLength: 30,
      },
    );
    fc.assert(
      fc.property(pieces, (parts) => {
        const text = parts.join("");
        const expected = [...text.matchAll(/\[\*\*[^\n]{0,15}[^\n]*?\*\*\]/gu)].map((match) => [
          match.index,
          match.index + match[0].length,
        ]);
        expect(findPlaceholders(text)).toEqual(expected);
      }),
      { numRuns: 5000 },
    );
  });

  it("are found in linear time", () => {
    const started = performance.now();
    expect(findPlaceholders("[**".repeat(300_000))).toEqual([]);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});

/** Words "w0 w1 …" with the given heads; all labelled. */
function editable(heads: number[], starts: number[]): EditableText {
  const text = heads.map((_, index) => `w${index}`).join(" ");
  return {
    text,
    starts: heads.map((_, index) => index * 3),
    ends: heads.map((_, index) => index * 3 + 2),
    heads: [...heads],
    labelled: heads.map(() => true),
    sentenceStarts: heads.map((_, index) => (starts.includes(index) ? 1 : 0)),
  };
}

describe("merging words", () => {
  const startsOf = (edit: EditableText): number[] =>
    edit.sentenceStarts.flatMap((start, index) => (start === 1 ? [index] : []));

  it("moves a boundary to the merged word", () => {
    const edit = editable([0, 0, 1, 1, 3, 7, 5, 7, 7], [0, 5]);
    mergeWords(edit, 2, 6, "spacy-2.0");
    expect(edit.heads).toEqual([0, 0, 3, 3, 3]);
    expect(startsOf(edit)).toEqual([0, 2]);
  });

  it("keeps a boundary that spaCy 2.0 only adds to", () => {
    const edit = editable([1, 1, 3, 3, 3, 6, 6], [0, 2, 5]);
    mergeWords(edit, 1, 5, "spacy-2.0");
    expect(edit.heads).toEqual([1, 1, 2]);
    expect(startsOf(edit)).toEqual([0, 2]);
  });
});

const SYSTEMS: readonly [string, () => ArcEagerState][] = [
  ["spaCy 3", () => createArcEagerState(8)],
  ["spaCy 3 with 13 features", () => createArcEagerState(13)],
  ["spaCy 2.0", () => createArcEagerStateV2(13)],
];

describe.each(SYSTEMS)("the transition system of %s", (name, create) => {
  it("ends for any decisions, keeps preset starts and makes a tree", () => {
    const state = create();
    const input = fc.record({
      presets: fc.array(fc.constantFrom(0, 0, 0, 1), { minLength: 1, maxLength: 40 }),
      choices: fc.infiniteStream(fc.nat(1000)),
      spaces: fc.infiniteStream(fc.nat(9)),
    });
    fc.assert(
      fc.property(input, ({ presets, choices, spaces }) => {
        const count = presets.length;
        const isSpace = Array.from({ length: count }, () => spaces.next().value === 0);
        const valid = new Uint8Array(5);
        const features = new Int32Array(13);
        state.begin(count, Int8Array.from(presets), (index) => isSpace[index]!);
        let steps = 0;
        while (!state.final) {
          expect(++steps).toBeLessThan(count * 8 + 8);
          state.features(features);
          for (const word of features) expect(word).toBeLessThan(count);
          state.validMoves(valid);
          const moves = [...valid.keys()].filter((move) => valid[move] === 1);
          expect(moves.length).toBeGreaterThan(0);
          state.apply(moves[choices.next().value % moves.length]!, 0);
        }
        const tree = createParseTree(count);
        state.writeTree(tree, { rootLabel: 1 } as Transitions);
        if (name !== "spaCy 2.0") setEdgesAndSentences(tree);
        for (let word = 0; word < count; word++) {
          let at = word;
          for (let depth = 0; tree.heads[at] !== at; depth++) {
            expect(depth).toBeLessThan(count);
            at = tree.heads[at]!;
          }
          if (presets[word] === 1 && word > 0) expect(tree.sentenceStarts[word]).toBe(1);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("arithmetic", () => {
  const random = (length: number, seed: number): Float32Array =>
    Float32Array.from({ length }, (_, index) => Math.sin(seed + index * 12.9898) * 2);

  it("is the same in WebAssembly and in plain JavaScript", () => {
    for (const [rows, inputs, outputs, pieces, slots] of [
      [1, 3, 8, 2, 3],
      [7, 16, 16, 3, 1],
      [13, 29, 24, 1, 3],
      [9, 12, 4, 3, 5],
    ] as const) {
      const answers = [
        createPlainArithmetic(),
        createWasmArithmetic({ floats: 20_000, products: [inputs], slots: [slots], features: 8 })!,
      ].map((arithmetic) => {
        const place = (values: Float32Array): Float32Array => {
          const array = arithmetic.allocate(values.length);
          array.set(values);
          return array;
        };
        const slot = outputs * pieces;
        const columns = slot * slots;
        const product = arithmetic.product(random(columns * inputs, 1), random(columns, 2), columns, inputs);
        const inputRows = rows + slots - 1;
        const sums = arithmetic.allocate(inputRows * paddedOutputs(columns));
        product(place(random(inputRows * inputs, 3)), inputRows, sums);
        const products = sums.slice();
        const output = place(random(rows * outputs, 4));
        const normalize = arithmetic.normalization({
          slots,
          pieces,
          bias: random(slot, 8),
          gain: random(outputs, 5),
          shift: random(outputs, 6),
        });
        normalize(sums, rows, output, true);
        const state = arithmetic.allocate(outputs);
        const store = place(random(slot * 10, 7));
        const offsets = Int32Array.from({ length: 8 }, (_, index) => index * slot);
        arithmetic.sumState(store, offsets, place(random(slot, 8)), pieces, state);
        return [products, output.slice(), state.slice()];
      });
      for (const [index, expected] of answers[0]!.entries())
        for (let at = 0; at < expected.length; at++)
          expect(answers[1]![index]![at]).toBeCloseTo(expected[at]!, 4);
    }
  });
});
