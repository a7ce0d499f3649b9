import { expect, test } from "vitest";
import fastCheck from "fast-check";
import type { AsciiLines } from "./ascii-lines.js";
import { PieceSink } from "./piece-sink.js";
import { isBlank } from "./python-space.js";
import { createVocabulary } from "./vocabulary.js";
import {
  BERT_SPECIAL_TOKENS,
  WordPieceTokenizer,
  type WordPieceTokenizerOptions,
} from "./wordpiece-tokenizer.js";

const marks = Array.from({ length: 94 }, (_, index) => String.fromCharCode(33 + index));
const words = ["the", "heart", "##s", "rate", "hyper", "##tension", "##1", "sixteenletterword", "##a", "é"];
const vocabulary = createVocabulary([
  ...Object.values(BERT_SPECIAL_TOKENS),
  ...new Set([...marks, ...words]),
]);
const many = createVocabulary([
  ...vocabulary.tokens,
  ...Array.from({ length: 66_000 }, (_, index) => `##x${index}`),
]);

const added = {
  id: 9,
  content: "the",
  special: false,
  normalized: true,
  singleWord: true,
  lstrip: false,
  rstrip: false,
};
const settings: Record<string, WordPieceTokenizerOptions> = {
  cased: { lowercase: false },
  uncased: { lowercase: true },
  huggingface: { lowercase: false, dialect: "huggingface" },
  "huggingface uncased": { lowercase: true, dialect: "huggingface" },
  "no cleaning": { lowercase: false, cleanText: false },
  "short words": { lowercase: false, maxWordLength: 5 },
  placeholders: { lowercase: false, placeholderToken: "[UNK]" },
  "an added word": { lowercase: false, dialect: "huggingface", addedTokens: [added] },
  "specials that are words": {
    lowercase: false,
    specialTokens: { ...BERT_SPECIAL_TOKENS, classification: "the", separator: "." },
  },
};
const texts = [
  ..."abAB19 \t\r\n.-[]_*#\0\v\f\x1c\x7f",
  ...[
    "[MASK]",
    "[mask]",
    "[CLS]",
    "[**Name**]",
    "[**",
    "___",
    "the",
    "THE",
    "hypertensions",
    "sixteenletterword",
  ],
  ...[
    "fifteenletters1",
    "a".repeat(17),
    "heart".repeat(20),
    "h".repeat(101),
    "A".repeat(201),
    "é",
    "中",
    "\u0085",
  ],
];

/** What the kernel has to give, line by line. */
function byAppend(tokenizer: WordPieceTokenizer, text: string): object {
  const sink = new PieceSink({ positions: false });
  const [ids, lengths, blanks]: [number[], number[], number[]] = [[], [], []];
  const lines = text.replace(/\n$/, "").split("\n");
  for (const line of text === "" ? [] : lines) {
    sink.length = 0;
    tokenizer.append(line, sink);
    ids.push(...sink.ids.subarray(0, sink.length));
    if (sink.length > 0) lengths.push(sink.length);
    else if (isBlank(line)) blanks.push(lengths.length);
  }
  return { ids, lengths, blanks, lines: text === "" ? 0 : lines.length };
}

const decode = (bytes: Uint8Array): string => new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);

function expectSame(tokenizer: WordPieceTokenizer, kernel: AsciiLines, text: string): void {
  const bytes = new TextEncoder().encode(text);
  const made = kernel.tokenize(bytes, (from, to) => {
    const line = decode(bytes.subarray(from, to));
    return { ids: tokenizer.idsOf(line), isBlank: isBlank(line) };
  });
  const { ids, lengths, blanks, lines } = made;
  expect({ ids: [...ids], lengths: [...lengths], blanks: [...blanks], lines }).toEqual(
    byAppend(tokenizer, text),
  );
}

test.each(Object.entries(settings))("lines have the ids of append (%s)", (_name, options) => {
  const tokenizer = new WordPieceTokenizer(vocabulary, options);
  const kernel = tokenizer.asciiLines(2);
  fastCheck.assert(
    fastCheck.property(fastCheck.array(fastCheck.constantFrom(...texts), { maxLength: 60 }), (parts) =>
      expectSame(tokenizer, kernel, parts.join("")),
    ),
  );
  for (const text of ["", "\n", "\n\n", "the", "the\n", "\r\nthe\r\n", "a".repeat(100_000)])
    expectSame(tokenizer, kernel, text);
});

test("ids of four bytes, and memory that grows", () => {
  const tokenizer = new WordPieceTokenizer(many, { lowercase: false });
  const kernel = tokenizer.asciiLines(4);
  for (const count of [1, 4000])
    expectSame(tokenizer, kernel, "the hypertensions, ax65999 hearts\n".repeat(count));
});

test("lines of words and marks alone never reach the caller, and stops always do", () => {
  const tokenizer = new WordPieceTokenizer(vocabulary, { lowercase: false, dialect: "huggingface" });
  const left: string[] = [];
  const text = "the heart-rate [ is 17 ]\n[MASK]\n [**a**]\n\n[M\n[mx\nend";
  tokenizer.asciiLines(2).tokenize(new TextEncoder().encode(text), (from, to) => {
    left.push(text.slice(from, to));
    return { ids: new Int32Array(0), isBlank: false };
  });
  expect(left).toEqual(["[MASK]", "[M", "[mx"]);
});
