/** @file Readers on real open data (skipped without CLINICALBERT_DATA) and on the bad input that people have. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EntityExample, Example } from "../example.js";
import { proveCoverage } from "../word-chunks.js";
import { type ExampleFormat, readExamples } from "./read-examples.js";
import { type ReadOptions, Reading } from "./reading.js";

const DATA = process.env["CLINICALBERT_DATA"];

function countReasons(items: readonly { readonly reason: string }[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { reason } of items) counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
}

describe.skipIf(DATA === undefined)("on open data (CLINICALBERT_DATA)", () => {
  // Numbers of `B-` tags, `T` lines and mention lines, counted in the files with grep.
  it.each([
    ["ncbi-disease/pubtator", "pubtator", 593, 5145, { "duplicate-id": 1 }, { "cuts-word": 2 }],
    ["ncbi-disease/conll", "conll", 5432, 5145, { "no-document-marks": 1 }, {}],
    ["bc5cdr", "conll", 9141, 18978, { "no-document-marks": 2 }, {}],
    [
      "maccrobat2020",
      "brat",
      134,
      17106,
      { nested: 236, discontinuous: 38, overlapping: 26 },
      { nested: 234, discontinuous: 38, "cuts-word": 24 },
    ],
    ["medmentions-sample", "pubtator", 2, 99, {}, {}],
    ["i2b2-format-cliner", "i2b2-2010", 1, 58, {}, {}],
  ] as const)(
    "reads %s with every entity",
    async (name, format, examples, entities, problems, exceptions) => {
      const read = await readExamples(join(DATA!, name), format);
      expect(read.examples).toHaveLength(examples);
      const proof = proveCoverage(read.examples as EntityExample[]);
      expect(proof.entities).toBe(entities);
      expect(countReasons(read.problems)).toEqual(problems);
      expect(countReasons(proof.exceptions)).toEqual(exceptions);
      expect(proof.recovered + proof.exceptions.length).toBe(entities);
    },
  );

  it.each([
    ["breaking-nli", 5512, 1208],
    ["evidence-inference-nli", 1528, 601],
  ])("reads the pairs of %s, grouped by premise or article", async (name, pairs, documents) => {
    const { examples, problems } = await readExamples(join(DATA!, name), "nli");
    expect(problems).toEqual([]);
    expect(examples).toHaveLength(pairs);
    expect(new Set(examples.map(({ id }) => id)).size).toBe(pairs);
    expect(new Set(examples.map(({ documentId }) => documentId)).size).toBe(documents);
  });
});

describe("on what people have", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "readers-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  let number = 0;
  const read = async (
    files: Readonly<Record<string, string>>,
    format: ExampleFormat,
    options: ReadOptions = {},
  ) => {
    const source = join(folder, String(++number));
    await mkdir(source);
    for (const [name, contents] of Object.entries(files)) {
      await mkdir(join(source, name, ".."), { recursive: true });
      await writeFile(join(source, name), contents);
    }
    return readExamples(source, format, options);
  };
  const entitiesOf = (example: Example | undefined): string[] => {
    const { text, entities } = example as EntityExample;
    return entities.map(
      ({ label, spans }) => `${label}:${spans.map((span) => text.slice(...span)).join("|")}`,
    );
  };

  it("keeps the last sentence of a CoNLL file without its last blank line, and skips empty sentences", async () => {
    const { examples } = await read(
      { "a.tsv": "\ufeff\n\nFever\tB-Sign\r\nand\tO\n\n\n\n \ncough\tB-Sign\rsyrup\tI-Sign" },
      "conll",
    );
    expect(examples.map(({ text }) => text)).toEqual(["Fever and", "cough syrup"]);
    expect(examples.map(entitiesOf)).toEqual([["Sign:Fever"], ["Sign:cough syrup"]]);
  });

  it("reads IOB1, IOB2, BIOES and BILOU as the same entities", async () => {
    const words = ["a", "b", "c", "d", "e"];
    for (const tags of [
      ["I-X", "I-X", "B-X", "O", "I-Y"],
      ["B-X", "I-X", "B-X", "O", "B-Y"],
      ["B-X", "E-X", "S-X", "O", "S-Y"],
      ["B-X", "L-X", "U-X", "O", "U-Y"],
    ]) {
      const { examples, problems } = await read(
        { "a.conll": words.map((word, index) => `${word} _ ${tags[index]}`).join("\n") },
        "conll",
      );
      expect(entitiesOf(examples[0])).toEqual(["X:a b", "X:c", "Y:e"]);
      expect(problems.map(({ reason }) => reason)).toEqual(["no-document-marks"]);
    }
  });

  it("reports an orphan I- with file and line, and takes it as a beginning", async () => {
    const { examples, problems } = await read(
      { "a.tsv": "-DOCSTART-\tO\n\na\tB-X\nb\tO\nc\tI-X\n" },
      "conll",
    );
    expect(entitiesOf(examples[0])).toEqual(["X:a", "X:c"]);
    expect(problems).toMatchObject([{ reason: "orphan-inside", line: 5, span: [4, 5] }]);
    expect(examples[0]!.documentId).toBe("a:document-1");
  });

  it("counts code points in brat and takes astral characters, fragments out of order and nested entities", async () => {
    const text = "😷 fever and 𝒜 cough\nof the left arm";
    const { examples, problems } = await read(
      {
        "1.txt": text,
        "1.ann":
          "T1\tSign 2 7\tfever\nT2\tSign 14 19\tcough\nT3\tPart 32 35;27 31\tleft arm\nT4\tPart 32 35\tarm\nE1\tSign:T1\n#1\tAnnotatorNotes T1\tx\n*\tEquiv T1 T2\n",
      },
      "brat",
    );
    expect(entitiesOf(examples[0])).toEqual(["Sign:fever", "Sign:cough", "Part:left|arm", "Part:arm"]);
    expect(problems.map(({ entityId, reason }) => [entityId, reason])).toEqual([
      ["T3", "discontinuous"],
      ["T4", "nested"],
    ]);
  });

  it("reads brat's CRLF texts whichever way their line ends were counted", async () => {
    const text = "\ufeffNo fever.\r\nNo cough.\r\nNo pain.";
    for (const [offsets, reasons] of [
      ["14 19", []],
      // The byte order mark counted; CRLF counted as one.
      ["15 20", ["offset-unit"]],
      ["13 18", ["offset-unit"]],
    ] as const) {
      const { examples, problems } = await read(
        { "1.txt": text, "1.ann": `T1\tSign ${offsets}\tcough\n` },
        "brat",
      );
      expect(entitiesOf(examples[0])).toEqual(["Sign:cough"]);
      expect(problems.map(({ reason }) => reason)).toEqual(reasons);
    }
  });

  it("reads brat's quotes that go over a CRLF, and lines of mixed ends", async () => {
    const text = "no fever\r\ncough";
    for (const annotations of [
      "T1\tX 3 15\tfever\r cough\nT2\tX 0 2\tno\n",
      "T1\tX 3 15\tfever  cough\rT2\tX 0 2\tno\r\n#1\tNote T1\tx\r",
      "T1\tX 3 15\tfever  cough\rT2\tX 0 2\tno",
    ]) {
      const { examples, problems } = await read({ "1.txt": text, "1.ann": annotations }, "brat");
      expect(entitiesOf(examples[0])).toEqual(["X:no", "X:fever\r\ncough"]);
      expect(problems).toEqual([]);
    }
    const broken = read({ "1.txt": text, "1.ann": "T1\tX 0 2\tno\rno" }, "brat");
    await expect(broken).rejects.toThrow(/1\.ann:2: neither/);
  });

  it("gives brat's annotations to the text beside them, or to that of the same name in another folder", async () => {
    const files = { "a/1.txt": "no fever", "a/1.ann": "T1\tX 3 8\tfever\n", "b/1.txt": "cough" };
    const { examples, problems } = await read(files, "brat");
    expect(examples.map(entitiesOf)).toEqual([["X:fever"], []]);
    expect(problems).toMatchObject([{ exampleId: "b/1", reason: "unpaired" }]);
    const apart = await read({ "txt/1.txt": "no fever", "ann/1.ann": "T1\tX 3 8\tfever\n" }, "brat");
    expect(apart.examples.map(entitiesOf)).toEqual([["X:fever"]]);
  });

  it("moves a concept whose tokens are wrong to its text in its line", async () => {
    const places = ["1:2 1:2", "2:1 2:9", "2:2 2:2", "4:0 4:0"];
    const concepts = places.map((place) => `c="fever" ${place}||t="x"\n`);
    const files = {
      "1.txt": "No fever\nno Fever seen\n",
      "1.con": `${concepts.join("")}c="chest pain" 1:7 1:8||t="x"\n`,
    };
    const { problems } = await read(files, "i2b2-2010");
    expect(problems.map(({ reason, line, span }) => [reason, line, span])).toEqual([
      ["moved", 1, [3, 8]],
      ["moved", 2, [12, 17]],
      ["moved", 3, [12, 17]],
      ["outside-text", 4, undefined],
      ["outside-text", 5, undefined],
      ["duplicate", undefined, [12, 17]],
    ]);
    const last = await read({ "1.txt": "No fever\n", "1.con": 'c="fever" 1:2 1:2||t="x"\n' }, "i2b2-2010");
    expect(entitiesOf(last.examples[0])).toEqual(["x:fever"]);
  });

  it("groups a repeated PubTator document under one documentId", async () => {
    const { examples, problems } = await read(
      { "a.txt": "1|t|Ab\n1|a|Cd ef\n1\t3\t5\tCd\tX\tD1\n1\tCID\tD1\tD2\n\n1|t|Ab\n1|a|\n" },
      "pubtator",
    );
    expect(examples.map(({ id, documentId }) => [id, documentId])).toEqual([
      ["1", "1"],
      ["1#2", "1"],
    ]);
    expect(entitiesOf(examples[0])).toEqual(["X:Cd"]);
    expect(problems).toMatchObject([{ reason: "duplicate-id", line: 6 }]);
  });

  it("leaves SNLI pairs without a common label out, and groups pairs by premise", async () => {
    const line = (label: string, id: string) =>
      JSON.stringify({ sentence1: "He is ill.", sentence2: "x", gold_label: label, pairID: id });
    const { examples, problems } = await read(
      { "a.jsonl": `${line("entailment", "1e")}\r\n${line("-", "1n")}\n\n${line("neutral", "1c")}` },
      "nli",
    );
    expect(examples.map(({ id }) => id)).toEqual(["1e", "1c"]);
    expect(problems).toMatchObject([{ exampleId: "1n", reason: "no-label", line: 2 }]);
    const other = { sentence1: "She is well.", sentence2: "x", gold_label: "neutral" };
    const { examples: second } = await read(
      { "b.jsonl": `${JSON.stringify(other)}\n${line("neutral", "2c")}` },
      "nli",
    );
    const [first, same] = examples.map(({ documentId }) => documentId);
    expect(same).toBe(first);
    // A premise is the same document in whatever file and place it stands: parts of a data set are compared by it.
    expect(second.map(({ documentId }) => documentId === first)).toEqual([false, true]);
  });

  it("reads Prodigy, spaCy, doccano and our own lines", async () => {
    const text = "😷 fever";
    const prodigy = { text, spans: [{ start: 2, end: 7, label: "S" }], answer: "accept", meta: { id: "p" } };
    const lines = [
      prodigy,
      { ...prodigy, answer: "reject", meta: { id: "r" } },
      [text, { entities: [[2, 7, "S"]] }],
      { id: "d", text, label: [[2, 7, "S"]] },
    ];
    const { examples, problems } = await read(
      { "a.jsonl": lines.map((each) => JSON.stringify(each)).join("\n") },
      "prodigy",
    );
    expect(examples.map(entitiesOf)).toEqual([["S:fever"], ["S:fever"], ["S:fever"]]);
    expect(problems).toMatchObject([{ exampleId: "r", reason: "rejected", line: 2 }]);
    const ours = await read(
      {
        "a.jsonl": JSON.stringify({
          id: 1,
          text,
          entities: [{ entity_group: "S", score: 0.5, span: [3, 8] }],
        }),
      },
      "jsonl",
    );
    expect(ours.examples.map(entitiesOf)).toEqual([["S:fever"]]);
  });

  it("reads lines of Prodigy without a span, and of doccano with relations", async () => {
    const lines = [
      { text: "fever", answer: "accept", tokens: [null] },
      {
        id: 9,
        text: "fever",
        entities: [{ id: 1, label: "S", start_offset: 0, end_offset: 5 }],
        relations: [],
      },
      {
        text: "a b",
        spans: [],
        tokens: [
          { text: "b", start: 2, end: 3 },
          { text: "a", start: 0, end: 1 },
        ],
      },
    ];
    const { examples, problems } = await read(
      { "a.jsonl": lines.map((each) => JSON.stringify(each)).join("\n") },
      "prodigy",
    );
    expect(examples.map(entitiesOf)).toEqual([[], ["S:fever"], []]);
    expect(examples.map((example) => (example as EntityExample).words)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(problems).toEqual([]);
  });

  it("reports a PHI of i2b2 2006 without text", async () => {
    const text = '<RECORD ID="1"><TEXT>a\n<PHI TYPE="DATE"></PHI>\n<PHI TYPE="AGE"/></TEXT></RECORD>';
    const { problems } = await read({ "a.xml": text }, "i2b2-2006");
    expect(problems).toMatchObject([
      { exampleId: "1", reason: "empty-span", line: 2 },
      { exampleId: "1", reason: "empty-span", line: 3 },
    ]);
  });

  it("takes a PubTator title after its abstract", async () => {
    const { examples, problems } = await read({ "a.txt": "1|a|Cd\n1|t|Ab\n1\t3\t5\tCd\tX\n" }, "pubtator");
    expect(examples.map(entitiesOf)).toEqual([["X:Cd"]]);
    expect(problems).toEqual([]);
  });

  it.each([
    [
      "a CoNLL line with another number of columns",
      "conll",
      { "a.tsv": "a\tO\nb\tO\nc\n" },
      /a\.tsv:3: 1 column/,
    ],
    ["a CoNLL file of one column", "conll", { "a.tsv": "a\nb\n" }, /a\.tsv:1: 1 column,/],
    ["an empty word", "conll", { "a.tsv": "a\tO\n\tO\n" }, /a\.tsv:2: an empty word/],
    ["a brat line without offsets", "brat", { "1.txt": "a", "1.ann": "T1\tX 0\ta\n" }, /1\.ann:1: offsets/],
    [
      "brat annotations without their text",
      "brat",
      { "1.txt": "a", "1.ann": "", "2.ann": "T1\tX 0 1\ta\n" },
      /2\.ann:1: no text file 2\.txt belongs to it/,
    ],
    ["a brat line that is none", "brat", { "1.txt": "a", "1.ann": "hello\n" }, /1\.ann:1: neither/],
    [
      "a PubTator mention without its text",
      "pubtator",
      { "a.txt": "1\t0\t1\ta\tX\n" },
      /a\.txt:1: a mention/,
    ],
    ...["-1", " 0", ""].map(
      (start) =>
        [
          `a PubTator mention with "${start}" for an offset`,
          "pubtator",
          { "a.txt": `1|t|Ab\n1\t${start}\t1\ta\tX\n` },
          /a\.txt:2: a mention that is not/,
        ] as const,
    ),
    [
      "a second PubTator abstract",
      "pubtator",
      { "a.txt": "1|t|Ab\n1|a|Cd\n1|a|Ef\n" },
      /a\.txt:3: a second abstract/,
    ],
    [
      "a list of records on one line",
      "prodigy",
      { "a.jsonl": '[{"text":"a","spans":[]},{"text":"b","spans":[]}]' },
      /a\.jsonl:1: no text/,
    ],
    [
      "no spans in a line that is none of Prodigy's",
      "prodigy",
      { "a.jsonl": '{"text":"a"}' },
      /a\.jsonl:1: no list/,
    ],
    [
      "two texts in one XML document",
      "i2b2-2014",
      { "a.xml": "<R><TEXT>a</TEXT><TEXT>b</TEXT><TAGS/></R>" },
      /a\.xml:1: 1 TAGS and 2 TEXT/,
    ],
    [
      "two texts in one RECORD",
      "i2b2-2006",
      { "a.xml": "<ROOT>\n<RECORD><TEXT>a</TEXT><TEXT>b</TEXT></RECORD></ROOT>" },
      /a\.xml:2: a RECORD with 2 TEXT/,
    ],
    ["JSON that is cut off", "nli", { "a.jsonl": '{"sentence1":"a' }, /a\.jsonl:1: not valid JSON/],
    [
      "a pair without a label",
      "nli",
      { "a.jsonl": '\n{"sentence1":"a","sentence2":"b"}' },
      /a\.jsonl:2: no label/,
    ],
    [
      "a pair without text",
      "nli",
      { "a.jsonl": '{"sentence1":"  ","gold_label":"x"}' },
      /a\.jsonl:1: no text/,
    ],
    ["a .con line that is none", "i2b2-2010", { "1.txt": "a\n", "1.con": 'c="a" 1:0\n' }, /1\.con:1: a line/],
    ["a .con file without its text", "i2b2-2010", { "2.txt": "a\n", "1.con": "" }, /no text file 1\.txt/],
    ["bytes that are no UTF-8", "conll", { "a.tsv": "\0" }, null],
  ] as const)("refuses %s", async (_, format, files, message) => {
    if (message === null) {
      const source = join(folder, "latin1.tsv");
      await writeFile(source, Buffer.from("caf\xe9\tO\n", "latin1"));
      await expect(readExamples(source, format)).rejects.toMatchObject({ code: "EXAMPLES_MALFORMED" });
      const { examples } = await readExamples(source, format, { encoding: "latin1" });
      expect(examples[0]!.text).toBe("café");
      return;
    }
    await expect(read(files, format)).rejects.toMatchObject({
      code: "EXAMPLES_MALFORMED",
      message: expect.stringMatching(message),
    });
  });

  it("reads all files of columns in a folder, and no text about them nor hidden copies", async () => {
    const { examples } = await read(
      {
        "a.tsv": "a\tO\n",
        "b.conll": "b O\n",
        "c/c.iob": "c O\n",
        "README.txt": "About them.",
        ".ipynb_checkpoints/a-checkpoint.tsv": "a\tO\n",
      },
      "conll",
    );
    expect(examples.map(({ id }) => id)).toEqual(["a:1", "b:1", "c/c:1"]);
    const alone = await read({ "a.txt": "a O\n" }, "conll");
    expect(alone.examples).toHaveLength(1);
  });

  it("finds PubTator files by either ending", async () => {
    const { examples } = await read({ "a.pubtator": "1|t|Ab\n", "b.PubTator.txt": "2|t|Ab\n" }, "pubtator");
    expect(examples.map(({ id }) => id)).toEqual(["1", "2"]);
  });

  it("numbers equal ids in linear time, and past numbers that are taken", () => {
    const reading = new Reading();
    expect(["a", "a#2", "a", "a", "a#2"].map((id) => reading.uniqueId(id))).toEqual([
      "a",
      "a#2",
      "a#3",
      "a#4",
      "a#2#2",
    ]);
    for (let count = 0; count < 200_000; count++) reading.uniqueId("b");
    expect(reading.uniqueId("b")).toBe("b#200001");
  });

  it("names the ending that a folder lacks", async () => {
    await expect(read({ "a.csv": "" }, "i2b2-2014")).rejects.toMatchObject({ code: "EXAMPLES_FORMAT" });
  });
});
