import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Draws } from "./draws.js";
import { noteEventsHeader, noteEventsRow } from "./note-events-row.js";
import {
  SYNTHETIC_CATEGORIES,
  SYNTHETIC_TOPICS,
  type SynthesizeOptions,
  synthesizeNotes,
} from "./synthesize-notes.js";
import { type TemplateSet, templateList } from "./template.js";
import * as discharge from "./templates/discharge-templates.js";
import * as nursing from "./templates/nursing-templates.js";
import * as radiology from "./templates/radiology-templates.js";
import { TOPICS } from "./topics.js";
import { wrap } from "./wrap.js";

function makeNotes(options: Partial<SynthesizeOptions> = {}) {
  return [...synthesizeNotes({ seed: 11, count: 300, ...options })];
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

test("a seed gives the same notes every time, another seed others, a longer run the same beginning", () => {
  const first = JSON.stringify(makeNotes());
  expect(JSON.stringify(makeNotes())).toBe(first);
  expect(JSON.stringify(makeNotes({ seed: 12 }))).not.toBe(first);
  expect(JSON.stringify(makeNotes({ seed: 11 + 2 ** 32 }))).not.toBe(first);
  expect(JSON.stringify(makeNotes({ count: 450 }).slice(0, 300))).toBe(first);
});

test("the draws are pinned, so that every machine draws alike", () => {
  const draws = new Draws(2 ** 40 + 3, 5);
  expect(Array.from({ length: 6 }, () => draws.below(1000))).toEqual([97, 592, 934, 628, 410, 239]);
});

test("notes are ASCII, wrapped, and of the four kinds with a discharge summary last for each patient", () => {
  const notes = makeNotes();
  expect(new Set(notes.map((note) => note.category))).toEqual(new Set(SYNTHETIC_CATEGORIES));
  for (const note of notes) {
    expect(note.text).toMatch(/^[\n\x20-\x7e]+$/);
    const long = note.text.split("\n").filter((line) => line.length > 81 && !line.includes(" Clip # "));
    expect(long).toEqual([]);
  }
  const lastOf = new Map(notes.slice(0, -5).map((note) => [note.patientId, note.category]));
  lastOf.delete(notes.at(-6)!.patientId);
  expect(new Set(lastOf.values())).toEqual(new Set(["Discharge summary"]));
});

test("both styles of placeholder stand in the notes, never in one note", () => {
  const notes = makeNotes({ count: 1000 }).filter((note) => note.category === "Discharge summary");
  const styles = notes.map((note) => [note.text.includes("[**"), note.text.includes("___")].join());
  expect(new Set(styles)).toEqual(new Set(["true,false", "false,true"]));
});

test("a diagnosis brings its own drugs and no note speaks of a foreign imaging study", () => {
  for (const note of makeNotes().filter((each) => each.category === "Radiology")) {
    const own = TOPICS.find((topic) => topic.study === note.description)!;
    expect(note.text).toContain(own.diagnosis.toUpperCase());
    const brands = TOPICS.filter((topic) => topic !== own).flatMap((topic) =>
      topic.drugs.map((drug) => drug.brand),
    );
    expect(brands.filter((brand) => note.text.includes(`${brand} `))).toEqual([]);
  }
});

test("words of the lists are unique to a topic, so that overlap can tell patients apart", () => {
  const brands = TOPICS.flatMap((topic) => topic.drugs.map((drug) => drug.brand));
  const names = TOPICS.flatMap((topic) => [topic.diagnosis, topic.abbreviation, topic.study]);
  expect(new Set(brands).size).toBe(brands.length);
  expect(new Set(names).size).toBe(names.length);
  expect(SYNTHETIC_TOPICS).toBe(24);
});

test("training and held-out templates share no sentence and no patient range overlaps", () => {
  const lists = [discharge, radiology, nursing].flatMap((module): (readonly string[])[] =>
    Object.values(module),
  );
  const draws = new Draws(1, 1);
  for (const templates of lists) {
    const plain = templates.map((_, index) => `sentence ${index}.`);
    const write = (set: TemplateSet) =>
      new Set(
        Array.from({ length: 300 }, () => templateList(plain).write({ draws, templates: set } as never)),
      );
    const training = write("training");
    const heldOut = write("held-out");
    expect(heldOut.size).toBe(Math.floor(templates.length / 3));
    expect([...heldOut].filter((sentence) => training.has(sentence))).toEqual([]);
    expect(training.size + heldOut.size).toBe(templates.length);
  }
  const statements = (templates: TemplateSet) =>
    new Set(
      makeNotes({ templates, categories: ["Physician"], topics: 1, count: 600 }).flatMap(({ text }) =>
        text
          .replace(/(?:Interval History|Assessment and Plan): /g, "")
          .split(/(?<=\.)\s+(?=[A-Z])/)
          .map((sentence) => sentence.replace(/\s+/g, " ").replace(/\d+/g, "0")),
      ),
    );
  const [training, heldOut] = [statements("training"), statements("held-out")];
  expect(training.size).toBeGreaterThan(300);
  expect([...heldOut].filter((sentence) => training.has(sentence))).toEqual([]);
  const first = new Set(makeNotes().map((note) => note.patientId));
  const second = makeNotes({ firstPatient: 1_000_000, templates: "held-out" });
  expect(second.filter((note) => first.has(note.patientId))).toEqual([]);
  expect(second.filter((note) => note.text.includes("Per Dr. "))).toEqual([]);
});

test("only the kinds of notes that are asked for are made", () => {
  const notes = makeNotes({ categories: ["Physician"] });
  expect(new Set(notes.map((note) => note.category))).toEqual(new Set(["Physician"]));
  for (const note of notes)
    expect(note.text).toMatch(/^Interval History: .+\n\nAssessment and Plan: .+\.\n$/s);
  expect(() => makeNotes({ categories: [] })).toThrow(/categories/);
});

test("a NOTEEVENTS row gives its fields back to an RFC 4180 reader", () => {
  const notes = makeNotes({ count: 60 });
  const rows = parseCsv(noteEventsHeader + notes.map(noteEventsRow).join(""));
  expect(rows[0]!.join()).toBe(
    "ROW_ID,SUBJECT_ID,HADM_ID,CHARTDATE,CHARTTIME,STORETIME,CATEGORY,DESCRIPTION,CGID,ISERROR,TEXT",
  );
  expect(rows.slice(1).map((row) => [row[0], row[1], row[3], row[6], row[7], row[10]])).toEqual(
    notes.map((note) => [note.id, note.patientId, note.date, note.category, note.description, note.text]),
  );
});

test.each([
  { seed: -1 },
  { seed: 0.5 },
  { topics: 0 },
  { topics: 25 },
  { count: -1 },
  { firstPatient: Number.NaN },
])("numbers outside their range are refused: %j", (options) => {
  expect(() => makeNotes(options)).toThrow(/must be a whole number/);
});

test("wrapping only ever replaces a space by a line feed", () => {
  const texts = fc.string({ unit: fc.constantFrom("a", "bb", " ", "\n", "word"), maxLength: 200 });
  fc.assert(
    fc.property(texts, fc.integer({ min: 1, max: 30 }), (text, width) => {
      const wrapped = wrap(text, width);
      expect(wrapped.replaceAll("\n", " ")).toBe(text.replaceAll("\n", " "));
      for (const line of wrapped.split("\n"))
        expect(line.length <= width || !line.trim().includes(" ")).toBe(true);
    }),
  );
});

test("the whole is pinned: a change of word lists or templates must be meant", () => {
  expect(hash(JSON.stringify(makeNotes())).slice(0, 16)).toBe("bd3c98e5e44de130");
});

function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (let at = 0; at < text.length; ) {
    let field = "";
    if (text[at] === '"') {
      for (at++; text[at] !== '"' || text[at + 1] === '"'; at++) {
        if (text[at] === '"') at++;
        field += text[at];
      }
      at++;
    } else for (; text[at] !== "," && text[at] !== "\n"; at++) field += text[at];
    row.push(field);
    if (text[at++] === "\n") {
      rows.push(row);
      row = [];
    }
  }
  return rows;
}
