import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ClinicalBertError } from "../errors.js";
import { inferCase } from "./case-inference.js";
import { openTokenizerDirectory, writeTokenizerDirectory } from "./tokenizer-directory.js";
import { tokenizerFilesOf, tokenizerFromFiles } from "./tokenizer-files.js";
import { createVocabulary, decodeVocabulary, loadVocabulary } from "./vocabulary.js";
import { WordPieceTokenizer } from "./wordpiece-tokenizer.js";

const tokens = [
  "[PAD]",
  "[UNK]",
  "[CLS]",
  "[SEP]",
  "[MASK]",
  "The",
  "the",
  "pain",
  "##s",
  "Pain",
  "é",
  "e",
  "12",
  "中",
];
const vocabulary = createVocabulary(tokens);
const text = "The pains é 中12 [MASK]";

const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof ClinicalBertError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return "nothing thrown";
};

describe("tokenizer files", () => {
  test.each([
    { lowercase: false },
    { lowercase: true },
    { lowercase: true, stripAccents: false },
    { lowercase: false, stripAccents: true, spaceCjk: false, cleanText: false, maxWordLength: 2 },
  ])("%j: written and read again", async (options) => {
    const tokenizer = new WordPieceTokenizer(vocabulary, { ...options, dialect: "huggingface" });
    const folder = await mkdtemp(join(tmpdir(), "tokenizer-files-"));
    try {
      await writeTokenizerDirectory(tokenizer, folder, 128);
      expect((await readdir(folder)).sort()).toEqual([
        "special_tokens_map.json",
        "tokenizer.json",
        "tokenizer_config.json",
        "vocab.txt",
      ]);
      const opened = await openTokenizerDirectory(folder);
      expect(opened.notice).toBeNull();
      expect(opened.maxLength).toBe(128);
      expect(opened.tokenizer.encode(text).tokens).toEqual(tokenizer.encode(text).tokens);
      expect(tokenizerFilesOf(opened.tokenizer, 128)).toEqual(tokenizerFilesOf(tokenizer, 128));
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test("without tokenizer_config.json the case is inferred, and said aloud", () => {
    const cased = tokenizerFromFiles({ "vocab.txt": tokens.join("\n") });
    expect(cased.tokenizer.options.lowercase).toBe(false);
    expect(cased.notice).toMatch(/cased .* 2 of 14 tokens have capital letters/);
    const uncased = tokenizerFromFiles({
      "vocab.txt": tokens.filter((token) => !/^[A-Z]/.test(token)).join("\n"),
    });
    expect(uncased.tokenizer.options.lowercase).toBe(true);
    expect(uncased.notice).toContain("uncased");
    expect(inferCase(createVocabulary(["[UNK]", "[unused1]", "##a"])).lowercase).toBe(true);
  });

  test("do_lower_case of the configuration is believed, an option more so", () => {
    const files = { "vocab.txt": tokens.join("\n"), "tokenizer_config.json": '{"do_lower_case": true}' };
    expect(tokenizerFromFiles(files)).toMatchObject({
      notice: null,
      tokenizer: { options: { lowercase: true } },
    });
    expect(tokenizerFromFiles(files, { lowercase: false }).tokenizer.options.lowercase).toBe(false);
  });

  test("special tokens of other names; added tokens beyond the vocabulary", () => {
    const renamed = tokens.map((token) => (token === "[MASK]" ? "<mask>" : token)).join("\n");
    const { tokenizer } = tokenizerFromFiles({
      "vocab.txt": renamed,
      "special_tokens_map.json": '{"mask_token": {"content": "<mask>"}}',
    });
    expect(tokenizer.maskId).toBe(4);
    const json = JSON.parse(
      tokenizerFilesOf(new WordPieceTokenizer(vocabulary, { lowercase: true }))["tokenizer.json"],
    ) as {
      added_tokens: object[];
    };
    json.added_tokens.push({ id: 14, content: "[PHI]", special: false, normalized: true });
    const added = tokenizerFromFiles({ "tokenizer.json": JSON.stringify(json) }).tokenizer;
    expect(added.encode("the[phi]pain", { addSpecialTokens: false }).tokens).toEqual([
      "the",
      "[PHI]",
      "pain",
    ]);
  });

  test("what is not a BERT tokenizer is refused by the part", () => {
    const good = JSON.parse(
      tokenizerFilesOf(new WordPieceTokenizer(vocabulary, { lowercase: true }))["tokenizer.json"],
    ) as {
      model: { type: string };
    };
    const open = (value: unknown) => () => tokenizerFromFiles({ "tokenizer.json": JSON.stringify(value) });
    expect(codeOf(open({ ...good, model: { ...good.model, type: "BPE" } }))).toMatch(
      /^TOKENIZER_FILE_INVALID.*model.type is "BPE"/,
    );
    expect(codeOf(open({ ...good, normalizer: { type: "NFC" } }))).toMatch(/normalizer.type is "NFC"/);
    expect(codeOf(open({ ...good, model: { ...good.model, vocab: { "[UNK]": 0, a: 7 } } }))).toMatch(
      /no token has the id/,
    );
    expect(codeOf(open([]))).toMatch(/not a JSON object/);
    expect(codeOf(() => tokenizerFromFiles({ "tokenizer.json": "{" }))).toMatch(/is not JSON/);
    expect(codeOf(() => tokenizerFromFiles({}))).toMatch(/Neither/);
  });
});

describe("vocabulary files", () => {
  test("LF, CRLF, no final line feed; tokens are not normalised", () => {
    for (const contents of ["[UNK]\na\n\u09dc\n", "[UNK]\r\na\r\n\u09dc", "[UNK]\n a \n\u09dc"])
      expect(loadVocabulary(contents).tokens).toEqual(["[UNK]", "a", "\u09dc"]);
  });
  test("empty, repeated and undecodable lines by number; a vocabulary without [MASK]", () => {
    expect(codeOf(() => loadVocabulary("a\n\nb\n"))).toMatch(/^VOCABULARY_INVALID: Line 2 .* is empty/);
    expect(codeOf(() => loadVocabulary("a\nb\na\n"))).toMatch(/Line 3 .* repeats the token of line 1/);
    expect(codeOf(() => loadVocabulary("a\nb\ufffd\n"))).toMatch(/Line 2 .* not UTF-8/);
    expect(codeOf(() => decodeVocabulary(Buffer.from("a\nnaïve\n", "latin1")))).toMatch(/not UTF-8/);
    expect(codeOf(() => decodeVocabulary(Buffer.from("a\nb\n", "utf16le")))).toMatch(/VOCABULARY_INVALID/);
    expect(codeOf(() => loadVocabulary(""))).toMatch(/no tokens/);
    const without = createVocabulary(tokens.filter((token) => token !== "[MASK]"));
    expect(codeOf(() => new WordPieceTokenizer(without, { lowercase: true }))).toMatch(
      /has no token \[MASK\]/,
    );
  });
});

test("a directory that cannot be read is named", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tokenizer-files-"));
  await writeFile(join(folder, "x"), "");
  await expect(openTokenizerDirectory(join(folder, "x"))).rejects.toThrow(ClinicalBertError);
  await rm(folder, { recursive: true });
});
