/** @file Round trips: what a writer writes, the reader of the format reads back, for random texts with astral characters and odd spaces. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EntityExample } from "../example.js";
import { type ExampleFormat, readExamples } from "../readers/read-examples.js";
import type { ReadOptions } from "../readers/reading.js";
import { nonBlankLines } from "../readers/words.js";
import { wordsOf } from "../word-chunks.js";
import { formatExamples, type WrittenFormat } from "./format-examples.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "writers-"));
});
afterAll(() => rm(folder, { recursive: true }));

let number = 0;
async function roundTrip(
  examples: readonly EntityExample[],
  to: WrittenFormat,
  from: ExampleFormat,
  options: ReadOptions = {},
): Promise<EntityExample[]> {
  const source = join(folder, String(++number));
  const { files } = formatExamples(examples, to);
  const { mkdir } = await import("node:fs/promises");
  await mkdir(source);
  for (const { name, contents } of files)
    await writeFile(join(source, name === "" ? `all.${to === "conll" ? "tsv" : "jsonl"}` : name), contents);
  return (await readExamples(source, from, options)).examples as EntityExample[];
}

/** Words and the blanks behind them; entities of whole words on one line, none touching another. */
const examples = fc
  .array(
    fc.record({
      pieces: fc.array(
        fc.record({
          word: fc.stringMatching(/^[a-zé𝒜🏥&<"'\]>]{1,6}$/u),
          space: fc.constantFrom(" ", "  ", "\n", "\n\n", "\t"),
          label: fc.constantFrom(null, null, "PATIENT", "DATE", "Sign_symptom"),
        }),
        { minLength: 1, maxLength: 14 },
      ),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((documents) =>
    documents.map(({ pieces }, index): EntityExample => {
      const entities: EntityExample["entities"][number][] = [];
      let text = "";
      for (const { word, space, label } of pieces) {
        if (label !== null) entities.push({ label, spans: [[text.length, text.length + word.length]] });
        text += word + space;
      }
      const id = `doc-${index + 1}`;
      return { kind: "entities", id, documentId: id, text, sentences: nonBlankLines(text), entities };
    }),
  );

const plain = (items: readonly EntityExample[]) =>
  items.map(({ id, text, entities }) => ({
    id,
    text,
    entities: entities.map(({ label, spans }) => ({ label, spans })),
  }));
const quotes = (items: readonly EntityExample[]) =>
  items.map(({ text, entities }) => entities.map(({ label, spans }) => [label, text.slice(...spans[0]!)]));

describe("round trips", () => {
  it.each([
    ["jsonl", "jsonl"],
    ["prodigy", "prodigy"],
    ["brat", "brat"],
    ["i2b2-xml", "i2b2-2014"],
  ] as const)("%s keeps texts, ids, classes and offsets", async (to, from) => {
    await fc.assert(
      fc.asyncProperty(examples, async (items) => {
        expect(plain(await roundTrip(items, to, from))).toEqual(plain(items));
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  it("con keeps every entity at its words, and conll too in every scheme", async () => {
    await fc.assert(
      fc.asyncProperty(examples, async (items) => {
        // BERT's basic tokens may cut a word at punctuation; as words they stand apart in both formats.
        const spaced = items.map((example) => {
          const words = wordsOf(example);
          return example.entities.map(({ label, spans: [span] }) => [
            label,
            words
              .filter(([start, end]) => start >= span![0] && end <= span![1])
              .map((word) => example.text.slice(...word))
              .join(" "),
          ]);
        });
        expect(quotes(await roundTrip(items, "con", "i2b2-2010"))).toEqual(spaced);
        const sentences = await roundTrip(items, "conll", "conll", { documents: "file" });
        expect(quotes(sentences).flat()).toEqual(spaced.flat());
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  it("conll keeps no-break spaces of words, and has a sign for a word of blanks", async () => {
    const text = "5\u00a0mg \f \u00a0 pain";
    const example: EntityExample = {
      kind: "entities",
      id: "1",
      documentId: "1",
      text,
      words: [
        [0, 4],
        [5, 6],
        [7, 8],
        [9, 13],
      ],
      entities: [{ label: "X", spans: [[5, 13]] }],
    };
    const [back] = await roundTrip([example], "conll", "conll");
    expect(back!.text).toBe("5\u00a0mg _ \u00a0 pain");
    expect(quotes([back!])).toEqual([[["X", "_ \u00a0 pain"]]]);
  });

  it("i2b2-xml counts CRLF as the one character that XML makes of it", async () => {
    const text = "a\r\nb fever\r\n";
    const example: EntityExample = {
      kind: "entities",
      id: "1",
      documentId: "1",
      text,
      entities: [{ label: "DATE", spans: [[5, 10]] }],
    };
    const [back] = await roundTrip([example], "i2b2-xml", "i2b2-2014");
    expect([back!.text, back!.entities[0]!.spans]).toEqual(["a\nb fever\n", [[4, 9]]]);
  });

  it("refuses a character that XML cannot hold, with id and offset", () => {
    const example: EntityExample = {
      kind: "entities",
      id: "n1",
      documentId: "n1",
      text: "ab\f",
      entities: [],
    };
    expect(() => formatExamples([example], "i2b2-xml")).toThrow(/n1 has U\+000C at 2/);
  });

  it("conll marks a document without words too, so that the marks count the documents", () => {
    const note = (id: string, text: string): EntityExample => ({
      kind: "entities",
      id,
      documentId: id,
      text,
      entities: [],
    });
    const { files } = formatExamples([note("1", "a"), note("2", " \n"), note("3", "b")], "conll", {
      marks: true,
    });
    const mark = "-DOCSTART-\tO\n\n";
    expect(files[0]!.contents).toBe(`${mark}a\tO\n\n${mark}${mark}b\tO\n\n`);
  });

  it("names entities of which Prodigy and brat make something else", () => {
    const example: EntityExample = {
      kind: "entities",
      id: "n1",
      documentId: "n1",
      text: "left\nright",
      entities: [
        {
          id: "T1",
          label: "X",
          spans: [
            [0, 2],
            [3, 4],
          ],
        },
        { id: "T2", label: "X", spans: [[4, 5]] },
      ],
    };
    expect(formatExamples([example], "prodigy").problems).toEqual([
      { exampleId: "n1", entityId: "T1", span: [0, 4], reason: "discontinuous" },
    ]);
    expect(formatExamples([example], "brat").problems).toEqual([
      { exampleId: "n1", entityId: "T2", span: [4, 5], reason: "no-word" },
    ]);
  });

  it("names entities that tags cannot hold", () => {
    const example: EntityExample = {
      kind: "entities",
      id: "n1",
      documentId: "n1",
      text: "left arm pain\nhere now",
      sentences: [
        [0, 13],
        [14, 22],
      ],
      entities: [
        { id: "T1", label: "X", spans: [[0, 8]] },
        { id: "T2", label: "Y", spans: [[5, 8]] },
        {
          id: "T3",
          label: "Z",
          spans: [
            [9, 11],
            [12, 13],
          ],
        },
        { id: "T4", label: "W", spans: [[9, 18]] },
        { id: "T5", label: "V", spans: [[19, 21]] },
      ],
    };
    const { files, problems } = formatExamples([example], "conll");
    expect(problems.map(({ entityId, reason }) => [entityId, reason])).toEqual([
      ["T3", "discontinuous"],
      ["T2", "nested"],
      ["T5", "cuts-word"],
      [undefined, "crosses-sentence"],
    ]);
    expect(files[0]!.contents).toBe("left\tB-X\narm\tI-X\npain\tB-W\n\nhere\tB-W\nnow\tB-V\n\n");
  });
});
