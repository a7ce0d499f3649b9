import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { packCsvNotes } from "./csv-source.js";
import type { Note } from "./note.js";
import type { NoteSourceOptions } from "./note-source.js";
import { unpackNotes } from "./packed-notes.js";

interface Refused {
  readonly record: number;
  readonly offset: number;
  readonly length: number;
  readonly reason: string;
}

async function read(csv: string | Buffer, options: NoteSourceOptions = {}, chunk = 7) {
  const bytes = Buffer.from(csv);
  async function* stream(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk);
  }
  const notes: Note[] = [];
  const refused: Refused[] = [];
  const reader = {
    source: "test.csv",
    options,
    refuse: (record: number, offset: number, length: number, reason: string) =>
      void refused.push({ record, offset, length, reason }),
  };
  for await (const packed of packCsvNotes(stream(), reader))
    notes.push(...unpackNotes(packed, (row) => refused.push(row)).map(({ note }) => note));
  return { notes, refused, ids: notes.map((note) => note.id) };
}

const quote = (text: string): string => `"${text.replaceAll('"', '""')}"`;
const HEADER = '"ROW_ID","SUBJECT_ID","CATEGORY","TEXT"\n';

describe("CSV", () => {
  test("gives back every quoted text, whatever the size of the chunks", async () => {
    const cell = fc.string({
      unit: fc.constantFrom("a", '"', ",", "\n", "\r", "é", "😀", "\0", " ", "1"),
      maxLength: 30,
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(cell, { maxLength: 12 }),
        fc.integer({ min: 1, max: 40 }),
        async (cells, chunk) => {
          // A text that ends like the next record would be taken for a lost closing quote.
          const texts = cells.map((text) => `x${text}.`);
          const csv = HEADER + texts.map((text, index) => `${index + 1},7,Nursing,${quote(text)}\n`).join("");
          const { notes, refused } = await read(csv, {}, chunk);
          expect(refused).toEqual([]);
          expect(notes.map((note) => note.text)).toEqual(texts);
        },
      ),
      { numRuns: 400 },
    );
  });

  test("reads any column case, MIMIC-IV's and own columns, a byte order mark, CRLF, and no last line feed", async () => {
    expect((await read('\ufeffrow_id,Text\r\n1,"a\r\nb"\r\n2,c')).notes).toEqual([
      { id: "1", text: "a\r\nb" },
      { id: "2", text: "c" },
    ]);
    const mimic4 = "note_id,subject_id,hadm_id,note_type,note_seq,charttime,storetime,text\n";
    expect(
      (await read(`${mimic4}1-DS-2,1,2,DS,2,2180-05-07 00:00:00,2180-05-09 15:26:00,"Name: ___"\n`)).notes,
    ).toEqual([
      { id: "1-DS-2", text: "Name: ___", patientId: "1", category: "DS", date: "2180-05-07 00:00:00" },
    ]);
    const own = { columns: { text: "BEFUND", id: "NR", patient: "PAT" } } as const;
    expect((await read("nr;pat;befund\n1;2;a, b\n", { ...own, delimiter: ";" })).notes).toEqual([
      { id: "1", text: "a, b", patientId: "2" },
    ]);
  });

  test("a damaged table gives the same notes and refusals, whatever the size of the chunks", async () => {
    const damage = fc.constantFrom(
      '"',
      '",',
      "\n",
      '""',
      ",,,",
      "\0".repeat(3),
      "\0".repeat(40),
      '"\n"',
      "\r\n",
    );
    const rows = Array.from(
      { length: 12 },
      (_, index) => `${index + 1},7,Nursing,${quote(`Seen "today"\nby Dr. Ho, no pain ${index}.`)}\n`,
    );
    const csv = HEADER + rows.join("");
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: HEADER.length, max: csv.length }), damage), {
          minLength: 1,
          maxLength: 3,
        }),
        fc.integer({ min: 1, max: 90 }),
        async (places, chunk) => {
          let damaged = csv;
          for (const [at, what] of places) damaged = damaged.slice(0, at) + what + damaged.slice(at);
          const whole = await read(damaged, {}, 1 << 20);
          expect(await read(damaged, {}, chunk)).toEqual(whole);
          expect(whole.notes.length + whole.refused.length).toBeGreaterThan(0);
        },
      ),
      { numRuns: 100 },
    );
  });

  test("names missing columns without quoting the header", async () => {
    await expect(read("secret name,other\n1,2\n")).rejects.toThrow(
      /test\.csv has 2 columns and none of the known text columns/,
    );
    await expect(read("secret name,other\n1,2\n")).rejects.not.toThrow(/secret/);
  });

  const good = (id: number): string => `${id},7,Nursing,"text ${id}\nline, two"\n`;
  const damages: Readonly<Record<string, string>> = {
    "a missing closing quote": '3,7,Nursing,"text\nline\n',
    "a quote in the middle": '3,7,Nursing,"the "so called" text\nmore"\n',
    "a missing column": '3,Nursing,"text"\n',
    "a column too many": '3,7,7,Nursing,"text"\n',
    "an empty text": '3,7,Nursing,""\n',
    "bytes that are no UTF-8": '3,7,Nursing,"\xff"\n',
  };
  test.each(Object.keys(damages))("leaves out %s, names its place, and loses no other row", async (name) => {
    const before = HEADER + good(1) + good(2);
    const damaged = Buffer.from(damages[name]!, "latin1");
    const csv = Buffer.concat([Buffer.from(before), damaged, Buffer.from(good(4) + good(5) + good(6))]);
    for (const chunk of [1, 5, 64, 4096]) {
      const { ids, refused } = await read(csv, {}, chunk);
      expect(ids).toEqual(["1", "2", "4", "5", "6"]);
      expect(refused[0]).toMatchObject({ record: 3, offset: Buffer.byteLength(before) });
      expect(refused).toHaveLength(1);
    }
  });

  test("a missing opening quote leaves the first line, which is a whole record, and names the rest", async () => {
    const csv = `${HEADER}${good(1)}2,7,Nursing,text\nline two"\n${good(3)}${good(4)}`;
    const { ids, refused } = await read(csv);
    expect(ids).toEqual(["1", "2", "3", "4"]);
    expect(refused).toMatchObject([{ record: 3, reason: "columns" }]);
  });

  test("a closing quote lost before a text that begins with a line feed costs one row", async () => {
    const csv = `${HEADER}${good(1)}2,7,Nursing,"lost\n3,7,Nursing,"\nbegins below"\n${good(4)}${good(5)}`;
    const { ids, refused } = await read(csv);
    expect(ids).toEqual(["1", "3", "4", "5"]);
    expect(refused).toHaveLength(1);
  });

  test("a broken quote at the very end is refused, not waited for", async () => {
    const { ids, refused } = await read(`${HEADER}${good(1)}2,7,Nursing,"never closed\nand on`);
    expect(ids).toEqual(["1"]);
    expect(refused).toHaveLength(1);
  });

  test("keeps NUL bytes inside a text, and finds the next row after a hole of them", async () => {
    const hole = Buffer.alloc(9000);
    const csv = Buffer.concat([
      Buffer.from(`${HEADER}${good(1)}2,7,Nursing,"a\0b"\n3,7,Nursing,"torn `),
      hole,
      Buffer.from(`rest of another\n4,7,Nursing,"ok"\n${good(5)}${good(6)}`),
    ]);
    const { notes, refused } = await read(csv, {}, 512);
    expect(notes.map(({ id }) => id)).toEqual(["1", "2", "4", "5", "6"]);
    expect(notes[1]!.text).toBe("a\0b");
    expect(refused).toHaveLength(1);
  });

  test("a hole that swallows the end of one row and the beginning of another does not join the two", async () => {
    const rows = [good(1), good(2), good(3), good(4), good(5)].join("");
    const csv = Buffer.from(HEADER + rows);
    const from = csv.indexOf("text 2") + 4;
    csv.fill(0, from, csv.indexOf("text 3") + 2);
    const { ids, refused } = await read(csv);
    expect(ids).toEqual(["1", "4", "5"]);
    expect(refused).toMatchObject([{ record: 2, reason: "nul" }]);
  });

  test("a record longer than allowed is refused within bounded memory", async () => {
    const long = `2,7,Nursing,"${"x".repeat(18 << 20)}"\n`;
    const { ids, refused } = await read(HEADER + good(1) + long + good(3) + good(4), {}, 1 << 16);
    expect(ids).toEqual(["1", "3", "4"]);
    expect(refused).toMatchObject([{ record: 2, reason: "too-long" }]);
  });

  test("windows-1252 when it is named", async () => {
    const csv = Buffer.from(`${HEADER}1,7,Nursing,"\xb5g \x80"\n`, "latin1");
    expect((await read(csv, { encoding: "windows-1252" })).notes[0]!.text).toBe("µg €");
  });
});
