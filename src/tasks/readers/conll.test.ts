/** @file The lines that files of columns have beside words: comments and marks of documents; and what is part of a word. */
import { describe, expect, it } from "vitest";
import { parseConll } from "./conll.js";

const wordsOf = (text: string): (readonly string[])[] =>
  parseConll("a.tsv", text).sentences.map(({ words }) => words);
const documentsOf = (text: string) => {
  const { sentences, documents } = parseConll("a.tsv", text);
  return { documents, numbers: sentences.map(({ document }) => document) };
};

describe("comments", () => {
  it.each([
    ["before the first word, tabs", "# sent_id = 1\n# text = no O\na\tO\nb\tB-X\n\n# sent_id = 2\nc\tO\n"],
    ["before the first word, blanks", "# sent_id = 1\n# text = no O\na O\nb B-X\n\n# sent_id = 2\nc O\n"],
    ["with as many columns as the words", "# note\na O\nb B-X\n\n# other\nc O\n"],
    ["with a tab among words between blanks", "# a\tb\na O\nb B-X\n\n# text\tB-X\tO\nc O\n"],
  ])("%s", (_, text) => {
    expect(wordsOf(text)).toEqual([["a", "b"], ["c"]]);
  });

  it("are no words that are a number sign, also where there is nothing else", () => {
    expect(wordsOf("#\tO\n3\tO\n\n#\tlabel\n")).toEqual([["#", "3"], ["#"]]);
    expect(wordsOf("# NN B-NP B-X\n3 CD I-NP I-X\n")).toEqual([["#", "3"]]);
    expect(wordsOf("# O\n# B-X\n")).toEqual([["#", "#"]]);
    expect(wordsOf("# a\n# b c\n")).toEqual([]);
  });

  it("name the line of a wrong number of columns and the line that has another", () => {
    expect(() => parseConll("a.tsv", "# sent_id = 1\na\tO\n# text\tof\tthree\n")).toThrow(
      /a\.tsv:3: 3 columns, where line 2 has 2/,
    );
  });
});

describe("marks of documents", () => {
  it.each([
    "-DOCSTART- -DOCSTART- O",
    "-DOCSTART- -X- O",
    "-DOCSTART-\t_\tO",
    "-DOCSTART- X O",
    "-DOCSTART-",
  ])("%s names none", (mark) => {
    const text = `${mark}\n\na N O\n\n${mark}\n\nb N O\n`;
    expect(documentsOf(text)).toEqual({ documents: [null, null], numbers: [0, 1] });
  });

  it("may stand between documents only", () => {
    expect(documentsOf("a O\n\nb O\n\n-DOCSTART- (two)\nc O\n")).toEqual({
      documents: [null, "two"],
      numbers: [0, 0, 1],
    });
  });

  it("may come before comments", () => {
    const text = "# newdoc id = d1\n# sent_id = 1\na\tO\n\n# newdoc id = d2\n# sent_id = 2\nb\tO\n";
    expect(documentsOf(text)).toEqual({ documents: ["d1", "d2"], numbers: [0, 1] });
  });
});

describe("words", () => {
  it("keep no-break spaces, and lose the blanks around them", () => {
    expect(wordsOf("\u00a0 O\n5\u00a0mg B-X \n\u00a0x I-X\n")).toEqual([["\u00a0", "5\u00a0mg", "\u00a0x"]]);
    expect(wordsOf("\u00a0\tO\t\nNew York \tB-X\t \n in\tO \n")).toEqual([["\u00a0", "New York", "in"]]);
  });

  it("stand between blanks and tabs where the first does", () => {
    expect(wordsOf("a O\nb\tO\n")).toEqual([["a", "b"]]);
    expect(() => wordsOf("a\tO\nb O\n")).toThrow(/:2: 1 column, where line 1 has 2/);
  });
});
