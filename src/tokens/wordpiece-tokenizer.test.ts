import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DIALECTS, type Dialect } from "./dialect.js";
import type { Encoding } from "./encoding.js";
import { PieceSink } from "./piece-sink.js";
import { createVocabulary, loadVocabulary } from "./vocabulary.js";
import {
  type EncodeOptions,
  WordPieceTokenizer,
  type WordPieceTokenizerOptions,
} from "./wordpiece-tokenizer.js";

const oracle = (name: string): unknown =>
  JSON.parse(
    gunzipSync(readFileSync(new URL(`../../test/oracle/${name}`, import.meta.url))).toString("utf8"),
  );

const SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

interface CharacterCase {
  readonly text: string;
  readonly cased: { google: number[]; huggingface?: number[]; spans?: [number, number][] };
  readonly uncased: { google: number[]; huggingface?: number[]; spans?: [number, number][] };
}

describe("both references on hostile text, characters as vocabulary", () => {
  const { vocabulary, cases } = oracle("wordpiece.json.gz") as {
    vocabulary: string;
    cases: CharacterCase[];
  };
  const characters = [...vocabulary];
  const tokens = createVocabulary([...SPECIAL, ...characters, ...characters.map((each) => `##${each}`)]);
  const open = (dialect: Dialect, lowercase: boolean) =>
    new WordPieceTokenizer(tokens, { dialect, lowercase });

  for (const kind of ["cased", "uncased"] as const)
    for (const dialect of DIALECTS)
      test(`${dialect}, ${kind}: ids`, () => {
        const tokenizer = open(dialect, kind === "uncased");
        for (const each of cases) {
          const expected = each[kind][dialect];
          if (expected === undefined) continue;
          expect([...tokenizer.idsOf(each.text)], JSON.stringify(each.text)).toEqual(expected);
          expect([...tokenizer.encode(each.text, { addSpecialTokens: false }).ids]).toEqual(expected);
        }
      });

  for (const kind of ["cased", "uncased"] as const)
    test(`huggingface, ${kind}: spans, counted in code points there`, () => {
      const tokenizer = open("huggingface", kind === "uncased");
      let differing = 0;
      for (const each of cases) {
        const expected = each[kind].spans;
        if (expected === undefined) continue;
        const units = [0];
        for (const point of each.text) units.push(units.at(-1)! + point.length);
        const { spans } = tokenizer.encode(each.text, { addSpecialTokens: false });
        const same =
          JSON.stringify(spans) === JSON.stringify(expected.map(([from, to]) => [units[from], units[to]]));
        if (!same) differing += 1;
      }
      expect(differing).toBe(0);
    });

  test("spans point into the text, in order, for any string", () => {
    for (const dialect of DIALECTS)
      for (const lowercase of [true, false]) {
        const tokenizer = open(dialect, lowercase);
        fc.assert(
          fc.property(fc.string({ unit: "binary", maxLength: 40 }), (text) => {
            const { spans, ids, wordIds } = tokenizer.encode(text, { addSpecialTokens: false });
            expect([...tokenizer.idsOf(text)]).toEqual([...ids]);
            let last = 0;
            let word = 0;
            for (const [index, span] of spans.entries()) {
              const [from, to] = span!;
              expect(from).toBeGreaterThanOrEqual(last);
              expect(to).toBeGreaterThan(from);
              expect(to).toBeLessThanOrEqual(text.length);
              expect(wordIds[index]! - word).toBeLessThanOrEqual(1);
              last = from;
              word = wordIds[index]!;
            }
          }),
          { numRuns: 300 },
        );
      }
  });
});

describe("where the dialects differ", () => {
  const words = createVocabulary([
    ...SPECIAL,
    "a",
    "##a",
    "b",
    "σ",
    "##σ",
    "ς",
    "##ς",
    "mask",
    "[",
    "]",
    "ab",
    "\u2e49",
    "\ue000",
    "##\ue000",
    "##b",
    "\u0378",
    "##\u0378",
  ]);
  const tokens = (dialect: Dialect, text: string, lowercase = true) =>
    new WordPieceTokenizer(words, { dialect, lowercase }).encode(text, { addSpecialTokens: false }).tokens;

  test("a word of 101 to 200 characters: google cuts it, huggingface does not know it", () => {
    expect(tokens("google", "a".repeat(200))).toHaveLength(200);
    expect(tokens("google", "a".repeat(201))).toEqual(["[UNK]"]);
    expect(tokens("huggingface", "a".repeat(100))).toHaveLength(100);
    expect(tokens("huggingface", "a".repeat(101))).toEqual(["[UNK]"]);
  });
  test("[MASK] in raw text: letters for google, the token for huggingface, in this case only", () => {
    expect(tokens("google", "[MASK]")).toEqual(["[", "mask", "]"]);
    expect(tokens("huggingface", "a[MASK]b")).toEqual(["a", "[MASK]", "b"]);
    expect(tokens("huggingface", "[mask]")).toEqual(["[", "mask", "]"]);
  });
  test("a final sigma: ς for google, σ for huggingface", () => {
    expect(tokens("google", "ΣΣ")).toEqual(["σ", "##ς"]);
    expect(tokens("huggingface", "ΣΣ")).toEqual(["σ", "##σ"]);
  });
  test("private use: a letter for google, dropped by huggingface; unassigned stays with both", () => {
    expect(tokens("google", "a\ue000b")).toEqual(["a", "##\ue000", "##b"]);
    expect(tokens("huggingface", "a\ue000b")).toEqual(["ab"]);
    for (const dialect of DIALECTS) expect(tokens(dialect, "a\u0378")).toEqual(["a", "##\u0378"]);
  });
  test("U+2E49 is punctuation for google; huggingface's tables are older", () => {
    expect(tokens("google", "a\u2e49b")).toEqual(["a", "\u2e49", "b"]);
    expect(tokens("huggingface", "a\u2e49b")).toEqual(["[UNK]"]);
  });
  test("a lone surrogate: an unknown character for google; huggingface, which cannot be given one, drops it as it drops U+FFFD", () => {
    expect(tokens("google", "a\ud800")).toEqual(["[UNK]"]);
    expect(tokens("google", "\ud83d\0\ude00")).toEqual(["[UNK]"]);
    expect(tokens("huggingface", "a\ud800b")).toEqual(["ab"]);
  });
});

describe("pairs, truncation, stride and padding as the crate has them", () => {
  interface Shown {
    ids: number[];
    typeIds: number[];
    mask: number[];
    special: number[];
    words: number[];
    spans: [number, number][];
    overflowing?: Shown[];
    error?: string;
  }
  interface Call {
    pair: string | null;
    truncation: {
      max_length: number;
      stride?: number;
      strategy?: "only_first" | "only_second";
      direction?: "left";
    } | null;
    padding: { length: number; direction?: "left"; pad_to_multiple_of?: number } | null;
    specials: boolean;
    result: Shown;
  }
  const { vocabulary, first, calls } = oracle("encodings.json.gz") as {
    vocabulary: string[];
    first: string;
    calls: Call[];
  };
  const tokenizer = new WordPieceTokenizer(createVocabulary(vocabulary), {
    dialect: "huggingface",
    lowercase: true,
  });
  const show = (encoding: Encoding): Shown => ({
    ids: [...encoding.ids],
    typeIds: [...encoding.typeIds],
    mask: [...encoding.attentionMask],
    special: [...encoding.specialTokensMask],
    spans: encoding.spans.map((span) => (span === null ? [0, 0] : [span[0], span[1]])),
    words: [...encoding.wordIds],
  });
  const optionsOf = ({ truncation, padding, specials }: Call): EncodeOptions => ({
    addSpecialTokens: specials,
    truncation:
      truncation === null
        ? null
        : {
            maxLength: truncation.max_length,
            ...(truncation.stride === undefined ? {} : { stride: truncation.stride }),
            ...(truncation.strategy === undefined ? {} : { strategy: truncation.strategy }),
            ...(truncation.direction === undefined ? {} : { side: truncation.direction }),
          },
    padding:
      padding === null
        ? null
        : {
            length: padding.length,
            ...(padding.pad_to_multiple_of === undefined ? {} : { multipleOf: padding.pad_to_multiple_of }),
            ...(padding.direction === undefined ? {} : { side: padding.direction }),
          },
  });

  test.each(calls.map((call, index) => [index, call] as const))("call %i", (_, call) => {
    const encode = () => tokenizer.encode(call.pair === null ? first : [first, call.pair], optionsOf(call));
    if (call.result.error !== undefined) {
      expect(encode).toThrow(/TRUNCATION|cannot|would/);
      return;
    }
    const { overflowing = [], ...expected } = call.result;
    const encoding = encode();
    expect(show(encoding)).toEqual(expected);
    expect(encoding.overflowing.map(show)).toEqual(overflowing);
  });

  test("a batch is padded to its longest", () => {
    const batch = tokenizer.encodeBatch(["pain", "chest pain"], { padding: { length: "longest" } });
    expect(batch.map(({ ids }) => ids.length)).toEqual([4, 4]);
    expect([...batch[0]!.attentionMask]).toEqual([1, 1, 1, 0]);
  });
});

describe("placeholders and added tokens", () => {
  const vocabulary = createVocabulary([...SPECIAL, "[unused1]", "seen", "by", "[", "*", "]", "_", "name"]);
  test("kept as text by default, mapped to one token where asked for", () => {
    const text = "seen by [**Name (NI) 12**] by ___ _";
    const plain = new WordPieceTokenizer(vocabulary, { lowercase: true });
    expect(plain.encode(text).tokens.filter((token) => token === "*")).toHaveLength(4);
    const mapped = new WordPieceTokenizer(vocabulary, { lowercase: true, placeholderToken: "[unused1]" });
    const { tokens, spans } = mapped.encode(text, { addSpecialTokens: false });
    expect(tokens).toEqual(["seen", "by", "[unused1]", "by", "[unused1]", "_"]);
    expect(text.slice(...spans[2]!)).toBe("[**Name (NI) 12**]");
  });
  test("a placeholder that never ends is text, and costs no more than its length", () => {
    const mapped = new WordPieceTokenizer(vocabulary, { lowercase: true, placeholderToken: "[unused1]" });
    expect(mapped.encode("[**name").tokens).toEqual(["[CLS]", "[", "*", "*", "name", "[SEP]"]);
    const started = performance.now();
    mapped.idsOf("[**".repeat(100_000));
    expect(performance.now() - started).toBeLessThan(5000);
  });
  test("a million combining marks, a million letters, a million brackets take linear time", () => {
    const tokenizer = new WordPieceTokenizer(vocabulary, { lowercase: true });
    const started = performance.now();
    for (const text of [
      "\u0301\u0316".repeat(500_000),
      "é".repeat(1_000_000),
      "a".repeat(1_000_000),
      "[".repeat(1_000_000),
    ])
      tokenizer.idsOf(text);
    expect(performance.now() - started).toBeLessThan(20_000);
  });
  test("range arguments keep neighbours out", () => {
    const tokenizer = new WordPieceTokenizer(vocabulary, { lowercase: true, dialect: "huggingface" });
    const sink = new PieceSink({ positions: true });
    tokenizer.append("seen[MASK]by", sink, 4, 10);
    expect([...sink.ids.subarray(0, sink.length)]).toEqual([4]);
    expect(sink.starts[0]).toBe(4);
  });
});

const data = process.env["CLINICALBERT_DATA"];
const golden = new URL("../../test/oracle/wordpiece.jsonl.gz", import.meta.url);

test.skipIf(data === undefined || !existsSync(golden))(
  "all 3,000 golden strings with Google's vocabularies (needs CLINICALBERT_DATA)",
  () => {
    const open = (name: string) =>
      new WordPieceTokenizer(
        loadVocabulary(readFileSync(`${data}/bert-vocab/bert-base-${name}/vocab.txt`, "utf8")),
        { lowercase: name === "uncased" },
      );
    const tokenizers = { cased: open("cased"), uncased: open("uncased") };
    const lines = gunzipSync(readFileSync(golden)).toString("utf8").trimEnd().split("\n");
    expect(lines).toHaveLength(3000);
    for (const line of lines) {
      const { text, cased, uncased } = JSON.parse(line) as {
        text: string;
        cased: number[];
        uncased: number[];
      };
      expect([...tokenizers.cased.idsOf(text)]).toEqual(cased);
      expect([...tokenizers.uncased.idsOf(text)]).toEqual(uncased);
    }
  },
);
