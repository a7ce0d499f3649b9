import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createVocabulary, loadVocabulary } from "./vocabulary.js";
import { WordPieceTokenizer, type WordPieceTokenizerOptions } from "./wordpiece-tokenizer.js";

const SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
const data = process.env["CLINICALBERT_DATA"];

describe("tokenization_test.py of google-research/bert", () => {
  const open = (tokens: string[], lowercase = true) =>
    new WordPieceTokenizer(createVocabulary(["[PAD]", "[MASK]", ...tokens]), { lowercase });
  test("test_full_tokenizer", () => {
    const tokenizer = open([
      "[UNK]",
      "[CLS]",
      "[SEP]",
      "want",
      "##want",
      "##ed",
      "wa",
      "un",
      "runn",
      "##ing",
      ",",
    ]);
    const { tokens, ids } = tokenizer.encode("UNwant\u00e9d,running", { addSpecialTokens: false });
    expect(tokens).toEqual(["un", "##want", "##ed", ",", "runn", "##ing"]);
    expect([...ids].map((id) => id - 2)).toEqual([7, 4, 5, 10, 8, 9]);
    expect(tokenizer.encode("unwantedX running", { addSpecialTokens: false }).tokens).toEqual([
      "[UNK]",
      "runn",
      "##ing",
    ]);
  });
  test("test_chinese, test_basic_tokenizer_lower and _no_lower", () => {
    const basics = [
      "[UNK]",
      "[CLS]",
      "[SEP]",
      "ah",
      "\u535a",
      "\u63a8",
      "zz",
      "hello",
      "!",
      "how",
      "are",
      "you",
      "?",
      "HeLLo",
      "Are",
      "yoU",
    ];
    const encode = (text: string, lowercase: boolean) =>
      open(basics, lowercase).encode(text, { addSpecialTokens: false }).tokens;
    expect(encode("ah\u535A\u63A8zz", true)).toEqual(["ah", "\u535a", "\u63a8", "zz"]);
    expect(encode(" \tHeLLo!how  \n Are yoU?  ", true)).toEqual(["hello", "!", "how", "are", "you", "?"]);
    expect(encode("H\u00E9llo", true)).toEqual(["hello"]);
    expect(encode(" \tHeLLo!how  \n Are yoU?  ", false)).toEqual(["HeLLo", "!", "how", "Are", "yoU", "?"]);
  });
});

describe.skipIf(data === undefined)(
  "test_tokenization_bert.py of transformers (needs CLINICALBERT_DATA)",
  () => {
    const open = (name: "cased" | "uncased", options: Partial<WordPieceTokenizerOptions> = {}) =>
      new WordPieceTokenizer(
        loadVocabulary(readFileSync(`${data}/bert-vocab/bert-base-${name}/vocab.txt`, "utf8")),
        { dialect: "huggingface", lowercase: name === "uncased", ...options },
      );

    test("test_offsets_with_special_characters", () => {
      const text = "A, naïve [MASK] AllenNLP sentence.";
      const show = (name: "cased" | "uncased") => {
        const { tokens, spans } = open(name).encode(text);
        return tokens.map((token, index) => [token, ...(spans[index] ?? [0, 0])]);
      };
      expect(show("uncased")).toEqual([
        ["[CLS]", 0, 0],
        ["a", 0, 1],
        [",", 1, 2],
        ["naive", 3, 8],
        ["[MASK]", 9, 15],
        ["allen", 16, 21],
        ["##nl", 21, 23],
        ["##p", 23, 24],
        ["sentence", 25, 33],
        [".", 33, 34],
        ["[SEP]", 0, 0],
      ]);
      expect(show("cased").slice(1, 9)).toEqual([
        ["A", 0, 1],
        [",", 1, 2],
        ["na", 3, 5],
        ["##ï", 5, 6],
        ["##ve", 6, 8],
        ["[MASK]", 9, 15],
        ["Allen", 16, 21],
        ["##NL", 21, 23],
      ]);
    });
    test("test_change_tokenize_chinese_chars", () => {
      const own = createVocabulary([...SPECIAL, "的", "人", "有", "##人", "##有"]);
      const tokens = (spaceCjk: boolean) =>
        new WordPieceTokenizer(own, { dialect: "huggingface", lowercase: false, spaceCjk }).encode("的人有", {
          addSpecialTokens: false,
        }).tokens;
      expect(tokens(true)).toEqual(["的", "人", "有"]);
      expect(tokens(false)).toEqual(["的", "##人", "##有"]);
    });
    test("test_clean_text and test_sequence_builders", () => {
      const tokenizer = open("uncased");
      expect(
        ["Test", "\xad", "test"].map((text) => tokenizer.encode(text, { addSpecialTokens: false }).tokens),
      ).toEqual([["test"], [], ["test"]]);
      const { ids } = tokenizer.encode(["sequence builders", "multi-sequence build"]);
      const [first, second] = ["sequence builders", "multi-sequence build"].map((text) => [
        ...tokenizer.idsOf(text),
      ]);
      expect([...ids]).toEqual([101, ...first!, 102, ...second!, 102]);
    });
    test("test_basic_tokenizer_lower_strip_accents_false", () => {
      const own = createVocabulary([...SPECIAL, "hällo", "!", "how", "are", "you", "?"]);
      const tokenizer = new WordPieceTokenizer(own, {
        dialect: "huggingface",
        lowercase: true,
        stripAccents: false,
      });
      expect(tokenizer.encode(" \tHäLLo!how  \n Are yoU?  ", { addSpecialTokens: false }).tokens).toEqual([
        "hällo",
        "!",
        "how",
        "are",
        "you",
        "?",
      ]);
    });
  },
);
