/** @file The readers of the i2b2 formats against synthetic files of those formats: every entity comes back, by offset and by words. */
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { spanConverter } from "../../src/notes/offset-units.js";
import {
  type EntityExample,
  type ExampleFormat,
  proveCoverage,
  readExamples,
  readSources,
} from "../../src/tasks/index.js";
import type { ReadOptions } from "../../src/tasks/readers/reading.js";
import {
  deidentifiable,
  type TrueNote,
  temporal,
  write2006,
  write2010,
  write2012,
  write2014,
} from "./synthetic-i2b2.js";

let folder: string;
const phi = deidentifiable(3, 12);
const events = temporal(4, 6);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "i2b2-"));
  await write2006(join(folder, "2006"), phi);
  await write2010(join(folder, "2010"), events);
  await write2012(join(folder, "2012"), events);
  await write2014(join(folder, "2014"), phi);
});
afterAll(() => rm(folder, { recursive: true }));

/** Reads and gives the entities of each example in code points, labels in upper case. */
async function read(name: string, format: ExampleFormat, options: ReadOptions = {}) {
  const { examples, problems } = await readExamples(join(folder, name), format, options);
  const entities = (examples as EntityExample[]).map(({ id, text, entities }) => {
    const convert = spanConverter(text, "codepoint");
    return {
      id: id.replace(/^record-|\.xml$/g, ""),
      text,
      entities: entities.map(({ label, spans }) => {
        const [start, end] = convert(spans[0]!);
        return { label: label.toUpperCase(), start, end };
      }),
    };
  });
  return { examples: examples as EntityExample[], entities, problems };
}

function sorted(notes: readonly TrueNote[]): TrueNote[] {
  return [...notes].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** 2010 and the `.extent` files: the text without its first line feed. */
const bodies = events.map(({ id, text, entities }) => ({
  id,
  text: text.slice(1),
  entities: entities.map(({ label, start, end }) => ({ label, start: start - 1, end: end - 1 })),
}));

describe("i2b2 readers", () => {
  it.each([
    ["2006", "i2b2-2006", phi],
    ["2010", "i2b2-2010", sorted(bodies)],
    ["2012", "i2b2-2012", sorted(events)],
    ["2012", "i2b2-2012-extent", sorted(bodies)],
    ["2014", "i2b2-2014", sorted(phi)],
  ] as const)("reads %s as %s with every offset", async (name, format, truth) => {
    const { entities, problems } = await read(name, format);
    expect(problems).toEqual([]);
    expect(entities).toEqual(truth);
    expect(truth.flatMap((note) => note.entities).length).toBeGreaterThan(30);
  });

  it("2010 with texts and concepts packed apart, as its test data are", async () => {
    const apart = [join(folder, "test_data"), join(folder, "reference_standard_for_test_data")] as const;
    await cp(join(folder, "2010", "txt"), apart[0], { recursive: true });
    await cp(join(folder, "2010", "concept"), join(apart[1], "concepts"), { recursive: true });
    const results = await readSources(apart, "i2b2-2010");
    expect(results.map(({ source }) => source)).toEqual([apart[1]]);
    const { examples } = await readExamples(join(folder, "2010"), "i2b2-2010");
    expect(results[0]!.examples).toEqual(examples);
    await expect(readExamples(apart[1], "i2b2-2010")).rejects.toThrow(/no text file record-\d\.txt/);
  });

  it.each(["2006", "2010", "2012", "2014"] as const)("covers every entity of %s by words", async (name) => {
    const { examples } = await read(name, `i2b2-${name}`);
    const { entities, recovered, exceptions } = proveCoverage(examples);
    expect(exceptions).toEqual([]);
    expect(recovered).toBe(entities);
  });

  it("gives the patient of a 2014 file, its category, and TIMEX3 on request", async () => {
    const { examples } = await read("2014", "i2b2-2014");
    expect(examples[1]).toMatchObject({ id: "100-02", patientId: "100" });
    expect(new Set(examples.flatMap(({ entities }) => entities.map(({ category }) => category)))).toEqual(
      new Set(["DATE", "NAME"]),
    );
    const byCategory = await read("2014", "i2b2-2014", { labels: "category" });
    expect(
      new Set(byCategory.entities.flatMap(({ entities }) => entities.map(({ label }) => label))),
    ).toEqual(new Set(["DATE", "NAME"]));
    const withTimex = await read("2012", "i2b2-2012", { timex: true });
    expect(withTimex.entities[0]!.entities[0]).toMatchObject({ label: "TIMEX3-DATE", start: 1, end: 2 });
  });
});

describe("the 2006 training file as first released", () => {
  const record = (body: string): string =>
    `<ROOT>\n<RECORD ID="1">\n<TEXT>\n${body}\n</TEXT>\n</RECORD>\n</ROOT>\n`;

  it("has one wrong tag, which is read as everybody mends it", async () => {
    const path = join(folder, "first-release.xml");
    await writeFile(
      path,
      record('since the <PHI TYPE="DATE">25th of July<PHI TYPE="DOCTOR"> , Dr. <PHI TYPE="DOCTOR">Ash</PHI>'),
    );
    const { examples, problems } = await readExamples(path, "i2b2-2006");
    const [{ text, entities }] = examples as [EntityExample];
    expect(entities.map(({ label, spans: [span] }) => [label, text.slice(...span!)])).toEqual([
      ["DATE", "25th of July"],
      ["DOCTOR", "Ash"],
    ]);
    expect(problems).toEqual([{ exampleId: "first-release", file: path, line: 4, reason: "mended-tag" }]);
  });

  it("no other wrong tag is guessed at", async () => {
    const path = join(folder, "wrong-tag.xml");
    await writeFile(path, record('since the <PHI TYPE="DATE">26th of July<PHI TYPE="DOCTOR"> .'));
    await expect(readExamples(path, "i2b2-2006")).rejects.toMatchObject({
      code: "EXAMPLES_MALFORMED",
      details: { line: expect.any(Number) },
    });
  });
});

describe("2014 files with wrong offsets", () => {
  const xml = (text: string, tags: string): string =>
    `<?xml version="1.0" encoding="UTF-8" ?>\n<deIdi2b2>\n<TEXT><![CDATA[${text}]]></TEXT>\n<TAGS>\n${tags}</TAGS>\n</deIdi2b2>\n`;
  const readOne = async (name: string, contents: string) => {
    const path = join(folder, name);
    await writeFile(path, contents);
    const { examples, problems } = await readExamples(path, "i2b2-2014");
    const { text, entities } = examples[0] as EntityExample;
    return { quotes: entities.map(({ spans }) => text.slice(...spans[0]!)), problems };
  };

  it("takes offsets that count bytes, as in 180-03.xml", async () => {
    const text = "0808 O’neil’s Court\nEffingham, seen 1/2";
    const { quotes, problems } = await readOne(
      "180-03.xml",
      xml(
        text,
        '<LOCATION id="P0" start="0" end="23" text="0808 O’neil’s Court" TYPE="STREET" />\n<LOCATION id="P1" start="24" end="33" text="Effingham" TYPE="CITY" />\n<DATE id="P2" start="40" end="43" text="1/2" TYPE="DATE" />\n',
      ),
    );
    expect(quotes).toEqual(["0808 O’neil’s Court", "Effingham", "1/2"]);
    expect(problems.map(({ reason, line }) => [reason, line])).toEqual([["offset-unit", 6]]);
  });

  it("takes the quote of 188-05.xml, 'and' for '&'", async () => {
    const { quotes, problems } = await readOne(
      "188-05.xml",
      xml(
        "at Johnson & Johnson.",
        '<LOCATION id="P0" start="3" end="20" text="Johnson and Johnson" TYPE="ORGANIZATION" />\n',
      ),
    );
    expect([quotes, problems]).toEqual([["Johnson & Johnson"], []]);
  });

  it("moves a mention to its quoted text and leaves out one whose text is nowhere near, with file and line", async () => {
    const { quotes, problems } = await readOne(
      "200-01.xml",
      xml(
        "Seen by Dr. Brown in Boston.",
        '<NAME id="P0" start="10" end="15" text="Brown" TYPE="DOCTOR" />\n<LOCATION id="P1" start="0" end="4" text="Paris" TYPE="CITY" />\n<AGE id="P2" start="90" end="92" text="70" TYPE="AGE" />\n',
      ),
    );
    expect(quotes).toEqual(["Brown"]);
    expect(problems).toMatchObject([
      { entityId: "P0", reason: "moved", span: [12, 17], line: 5 },
      { entityId: "P1", reason: "text-mismatch", line: 6 },
      { entityId: "P2", reason: "outside-text", line: 7 },
    ]);
  });

  it.each([
    ["truncated", "<deIdi2b2>\n<TEXT><![CDATA[a]]></TEXT>\n<TAGS>\n<NAME id=", /:4: not well-formed XML/],
    ["without TAGS", "<deIdi2b2>\n<TEXT>a</TEXT>\n</deIdi2b2>", /:1: 0 TAGS and 1 TEXT/],
    ["a tag without offsets", xml("ab", '<NAME start="x" end="1" TYPE="DOCTOR"/>'), /:5: .*whole numbers/],
    ["an unknown entity", "<R><TEXT>a&nbsp;b</TEXT><TAGS/></R>", /:1: .*XML does not have/],
    [
      "a document type with entities",
      '<!DOCTYPE R [<!ENTITY a "b">]>\n<R><TEXT>&a;</TEXT><TAGS/></R>',
      /document type/,
    ],
  ])("refuses a file that is %s, with its line and none of its text", async (_, contents, message) => {
    const path = join(folder, "bad.xml");
    await writeFile(path, contents);
    await expect(readExamples(path, "i2b2-2014")).rejects.toMatchObject({
      code: "EXAMPLES_MALFORMED",
      message: expect.stringMatching(message),
    });
  });

  it("goes through hostile marks once", async () => {
    const path = join(folder, "hostile.xml");
    for (const mark of ["<![CDATA[ & ", "<!-- & ", "&", "& <![CDATA[x]]> "]) {
      await writeFile(path, `<R>${mark.repeat(200_000)}`);
      await expect(readExamples(path, "i2b2-2014")).rejects.toMatchObject({ code: "EXAMPLES_MALFORMED" });
    }
  });

  it("reads `&` that begins no reference as it stands, as scripts that read lines do", async () => {
    const path = join(folder, "ampersand.xml");
    await writeFile(
      path,
      '<ROOT>\n<RECORD ID="1"><TEXT>R & D at <PHI TYPE="HOSPITAL">A&B; &lt;C</PHI></TEXT></RECORD>\n</ROOT>',
    );
    await expect(readExamples(path, "i2b2-2006")).rejects.toMatchObject({ code: "EXAMPLES_MALFORMED" });
    await writeFile(
      path,
      '<ROOT>\n<RECORD ID="1"><TEXT>R & D at <PHI TYPE="HOSPITAL">A&B &lt;C</PHI></TEXT></RECORD>\n</ROOT>',
    );
    const { examples, problems } = await readExamples(path, "i2b2-2006");
    expect((examples[0] as EntityExample).text).toBe("R & D at A&B <C");
    expect(problems.map(({ line, reason }) => [line, reason])).toEqual([
      [2, "bare-ampersand"],
      [2, "bare-ampersand"],
    ]);
  });
});
