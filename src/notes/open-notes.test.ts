import { mkdtemp, mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Note } from "./note.js";
import type { NoteSourceOptions } from "./note-source.js";
import { openNotes } from "./open-notes.js";
import type { Refusal } from "./refusal.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "clinicalbert-notes-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function write(name: string, contents: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, contents);
  return path;
}

async function read(source: string | string[], options: NoteSourceOptions = {}) {
  const refusals: Refusal[] = [];
  const notes: Note[] = [];
  for await (const note of openNotes(source, { onRefusal: (refusal) => refusals.push(refusal), ...options }))
    notes.push(note);
  return { notes, ids: notes.map(({ id }) => id), refusals };
}

const HEADER = "ROW_ID,SUBJECT_ID,CHARTDATE,CATEGORY,ISERROR,TEXT\n";
const ROWS = `${HEADER}1,7,2150-01-31,Physician ,,"one"\n2,7,2150-02-01,Nursing,1,"two"\n3,8,,Nursing,,"three"\n`;

describe("openNotes", () => {
  test("reads plain and gzipped CSV alike, whatever the name says about gzip", async () => {
    const plain = await read(await write("a.csv", ROWS));
    expect(plain.ids).toEqual(["1", "2", "3"]);
    expect(await read(await write("b.csv.gz", gzipSync(ROWS)))).toEqual(plain);
    expect((await read(await write("c.csv", gzipSync(ROWS)))).notes).toEqual(plain.notes);
  });

  test("filters by category, error mark and date", async () => {
    const path = await write("filters.csv", ROWS);
    expect((await read(path, { categories: ["physician"] })).ids).toEqual(["1"]);
    expect((await read(path, { excludeErrors: true })).ids).toEqual(["1", "3"]);
    expect((await read(path, { since: "2150-02" })).ids).toEqual(["2"]);
    expect((await read(path, { until: "2150-02-01" })).ids).toEqual(["1"]);
    await expect(read(path, { since: "1 Feb" })).rejects.toThrow(/must be YYYY/);
  });

  test("takes MIMIC-IV's codes for MIMIC-III's names", async () => {
    const path = await write("discharge.csv", "note_id,note_type,text\n1,DS,a\n2,RR,b\n");
    expect((await read(path, { categories: ["Discharge summary"] })).ids).toEqual(["1"]);
  });

  test("strict stops at a malformed row without quoting it", async () => {
    const path = await write("strict.csv", `${HEADER}1,2\n`);
    await expect(read(path, { strict: true })).rejects.toMatchObject({
      code: "NOTES_MALFORMED",
      details: { record: 1, offset: HEADER.length, reason: "columns" },
    });
  });

  test("says that gzip data is cut off", async () => {
    const whole = gzipSync(Buffer.from(ROWS.repeat(2000)));
    await expect(read(await write("cut.csv.gz", whole.subarray(0, whole.length - 20)))).rejects.toMatchObject(
      {
        code: "NOTES_DAMAGED",
      },
    );
  });

  test("reads JSON lines and names bad ones", async () => {
    const path = await write(
      "n.jsonl",
      '{"id":1,"text":"a"}\nnot json\n\n{"id":2}\n{"note_id":"3","note":"c","mrn":9}\n',
    );
    const { notes, refusals } = await read(path);
    expect(notes).toEqual([
      { id: "1", text: "a" },
      { id: "3", text: "c", patientId: "9" },
    ]);
    expect(refusals.map(({ record, reason }) => [record, reason])).toEqual([
      [2, "json"],
      [4, "fields"],
    ]);
  });

  test("reads a folder of .txt files in the order of their paths", async () => {
    await mkdir(join(folder, "texts/sub"), { recursive: true });
    await writeFile(join(folder, "texts/b.txt"), "B");
    await writeFile(join(folder, "texts/sub/a.txt"), "A");
    await writeFile(join(folder, "texts/ignored.md"), "no");
    expect((await read(join(folder, "texts"))).notes).toEqual([
      { id: "b", text: "B" },
      { id: "sub/a", text: "A" },
    ]);
  });

  test.each(["notes.parquet", "notes.zstd.parquet"])("reads %s row group by row group", async (name) => {
    const path = fileURLToPath(new URL(`../../test/oracle/notes/${name}`, import.meta.url));
    const { notes, refusals, ids } = await read(path, { excludeErrors: true });
    expect(ids).toEqual(["1", "2", "3", "4", "6", "8", "9", "10"]);
    expect(notes[0]).toEqual({
      id: "1",
      text: "Note 1: µ-opioid, stable.\nSecond line.",
      patientId: "100",
      category: "Discharge summary",
      date: "2150-01-01",
    });
    expect(refusals).toMatchObject([{ record: 7, reason: "fields" }]);
  });

  test("refuses what it does not know", async () => {
    await expect(read(await write("x.docx", "?"))).rejects.toMatchObject({ code: "NOTES_FORMAT" });
    await expect(read(join(folder, "missing.csv"))).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
    await expect(read(await write("bad.parquet", "PAR1 not really PAR1"))).rejects.toMatchObject({
      code: "NOTES_DAMAGED",
    });
    await expect(read(await write("w.csv", ROWS), { where: "1=1" })).rejects.toMatchObject({ code: "USAGE" });
  });
});
