/**
 * @file Synthetic files in the formats of i2b2 2006, 2010, 2012 and 2014, from synthetic notes and the published descriptions of the
 * formats; written by code of its own, so that readers are not proved by the package's writers. The truth is kept beside.
 */
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { synthesizeNotes } from "../../src/notes/index.js";

export interface TrueEntity {
  readonly label: string;
  /** Code points of `text`, half-open. */
  readonly start: number;
  readonly end: number;
}

export interface TrueNote {
  readonly id: string;
  readonly text: string;
  readonly entities: readonly TrueEntity[];
}

/** Names with characters that XML escapes, beyond the basic plane, and of several words. */
const NAMES = ["O'Brien", "Smith & Sons", "Müller", "𝒜delaide <II>", "van der Berg", "李"];

/** Notes whose placeholders are filled: names (`DOCTOR`, `PATIENT`) and dates (`DATE`). */
export function deidentifiable(seed: number, count: number): TrueNote[] {
  return [...synthesizeNotes({ seed, count })].map((note, number) => {
    const entities: TrueEntity[] = [];
    let text = number % 2 === 0 ? "\n🏥 " : "\n";
    let from = 0;
    for (const match of note.text.matchAll(/\[\*\*(.*?)\*\*\]/g)) {
      text += note.text.slice(from, match.index);
      const date = /^\d+-\d+-\d+$/.test(match[1]!);
      const value = date ? match[1]! : NAMES[(match.index + number) % NAMES.length]!;
      const start = length(text);
      text += value;
      const label = date ? "DATE" : match[1]!.includes("Known") ? "PATIENT" : "DOCTOR";
      entities.push({ label, start, end: length(text) });
      from = match.index + match[0].length;
    }
    return {
      id: `${100 + Math.floor(number / 2)}-0${1 + (number % 2)}`,
      text: text + note.text.slice(from),
      entities,
    };
  });
}

/** Words that a temporal annotator would mark: `admitted` and `started` are EVENTs, clock times are TIMEX3. */
export function temporal(seed: number, count: number): TrueNote[] {
  return [...synthesizeNotes({ seed, count })].map((note, number) => {
    // 2010 and 2012 texts are tokenized: one sentence a line, tokens between blanks; the XML text begins with a line feed.
    const text = `\n${note.text
      .split("\n")
      .map((line) =>
        line
          .replace(/([.,:;()])/g, " $1 ")
          .trim()
          .replace(/\s+/g, " "),
      )
      .filter((line) => line !== "")
      .join("\n")}\n😷 end\n`;
    const entities: TrueEntity[] = [];
    for (const match of text.matchAll(/\b(?:was|of|the)\b(?: \w+)?/g)) {
      const start = length(text.slice(0, match.index));
      entities.push({
        label: match[0].startsWith("was") ? "OCCURRENCE" : "PROBLEM",
        start,
        end: start + length(match[0]),
      });
    }
    return { id: String(number + 1), text, entities };
  });
}

function length(text: string): number {
  return [...text].length;
}

function slice(text: string, start: number, end: number): string {
  return [...text].slice(start, end).join("");
}

function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

/** One file: `<ROOT><RECORD ID="…"><TEXT>…<PHI TYPE="…">…</PHI>…`. */
export async function write2006(
  folder: string,
  notes: readonly TrueNote[],
  name = "deid_surrogate_train_all_version2.xml",
): Promise<string> {
  const records = notes.map(({ id, text, entities }) => {
    let body = "";
    let at = 0;
    for (const { label, start, end } of entities) {
      body += `${escaped(slice(text, at, start))}<PHI TYPE="${label}">${escaped(slice(text, start, end))}</PHI>`;
      at = end;
    }
    return `<RECORD ID="${id}">\n<TEXT>${body}${escaped(slice(text, at, length(text)))}</TEXT>\n</RECORD>\n`;
  });
  await mkdir(folder, { recursive: true });
  const path = join(folder, name);
  await writeFile(path, `<?xml version="1.0" encoding="UTF-8"?>\n<ROOT>\n${records.join("")}</ROOT>\n`);
  return path;
}

const CATEGORIES: Readonly<Record<string, string>> = { DATE: "DATE", DOCTOR: "NAME", PATIENT: "NAME" };

/** A file a note: `<deIdi2b2><TEXT><![CDATA[…]]></TEXT><TAGS><NAME id start end text TYPE comment/>…`. */
export async function write2014(folder: string, notes: readonly TrueNote[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const { id, text, entities } of notes) {
    const tags = entities.map(
      ({ label, start, end }, index) =>
        `<${CATEGORIES[label]} id="P${index}" start="${start}" end="${end}" text="${escaped(slice(text, start, end))}" TYPE="${label}" comment="" />\n`,
    );
    const xml = `<?xml version="1.0" encoding="UTF-8" ?>\n<deIdi2b2>\n<TEXT><![CDATA[${text}]]></TEXT>\n<TAGS>\n${tags.join("")}</TAGS>\n</deIdi2b2>\n`;
    await writeFile(join(folder, `${id}.xml`), xml);
  }
}

/** `N.xml` with EVENT and TIMEX3, and `N.xml.txt` with `N.xml.extent`. */
export async function write2012(folder: string, notes: readonly TrueNote[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const { id, text, entities } of notes) {
    const tags = entities.map(
      ({ label, start, end }, index) =>
        `<EVENT id="E${index}" start="${start}" end="${end}" text="${escaped(slice(text, start, end))}" modality="FACTUAL" polarity="POS" type="${label}" />\n`,
    );
    const timex = `<TIMEX3 id="T0" start="1" end="2" text="${escaped(slice(text, 1, 2))}" type="DATE" val="2001-09-14" mod="NA" />\n`;
    const link = '<TLINK id="TL0" fromID="E0" fromText="x" toID="T0" toText="y" type="BEFORE" />\n';
    await writeFile(
      join(folder, `${id}.xml`),
      `<?xml version="1.0" encoding="UTF-8" ?>\n<ClinicalNarrativeTemporalAnnotation>\n<TEXT><![CDATA[${text}]]></TEXT>\n<TAGS>\n${tags.join("")}${timex}${link}</TAGS>\n</ClinicalNarrativeTemporalAnnotation>\n`,
    );
    const body = text.slice(1);
    await writeFile(join(folder, `${id}.xml.txt`), body);
    const extents = entities.map((entity) => {
      const [start, end] = places(body, { ...entity, start: entity.start - 1, end: entity.end - 1 });
      return `EVENT="${slice(text, entity.start, entity.end)}" ${start} ${end}||type="${entity.label}"||modality="FACTUAL"||polarity="POS"\n`;
    });
    await writeFile(join(folder, `${id}.xml.extent`), extents.join(""));
  }
}

/** `txt/record-N.txt` and `concept/record-N.con`, quoted in lower case; with an `.ast` file, which readers leave alone. */
export async function write2010(folder: string, notes: readonly TrueNote[]): Promise<void> {
  for (const part of ["txt", "concept", "ast"]) await mkdir(join(folder, part), { recursive: true });
  for (const { id, text, entities } of notes) {
    const body = text.slice(1);
    await writeFile(join(folder, "txt", `record-${id}.txt`), body);
    const concepts = entities.map((entity) => {
      const [start, end] = places(body, { ...entity, start: entity.start - 1, end: entity.end - 1 });
      return `c="${slice(text, entity.start, entity.end).toLowerCase()}" ${start} ${end}||t="${entity.label.toLowerCase()}"\n`;
    });
    await writeFile(join(folder, "concept", `record-${id}.con`), concepts.join(""));
    await writeFile(join(folder, "ast", `record-${id}.ast`), 'c="x" 1:0 1:0||t="problem"||a="present"\n');
  }
}

/** `line:token` of the first and the last token of an entity of tokenized text. */
function places(text: string, { start, end }: TrueEntity): [string, string] {
  const place = (at: number): string => {
    const before = slice(text, 0, at).split("\n");
    return `${before.length}:${before.at(-1)!.split(" ").length - 1}`;
  };
  return [place(start), place(end - 1)];
}

/** The first lines of notes, for what takes long with whole ones. */
function short(notes: readonly TrueNote[]): TrueNote[] {
  return notes.map(({ id, text, entities }) => {
    const kept = text.split("\n").slice(0, 12).join("\n");
    return { id, text: `${kept}\n`, entities: entities.filter(({ end }) => end <= length(kept)) };
  });
}

/** All four sets of short notes below `root`, in the folders that the archives of the data portal unpack to. */
export async function writePublishedSets(root: string): Promise<void> {
  const at = (...names: string[]): string => join(root, ...names);
  await write2006(at("2006"), short(deidentifiable(1, 5)));
  await write2006(
    at("2006"),
    short(deidentifiable(2, 2)),
    "deid_surrogate_test_all_groundtruth_version2.xml",
  );
  const renamed = (notes: readonly TrueNote[], prefix: string): TrueNote[] =>
    notes.map((note) => ({ ...note, id: `${prefix}${note.id}` }));
  const relations = at("2010", "concept_assertion_relation_training_data");
  await write2010(join(relations, "beth"), short(temporal(3, 3)));
  await write2010(join(relations, "partners"), renamed(short(temporal(4, 3)), "1"));
  const reference = at("2010", "reference_standard_for_test_data");
  await write2010(reference, short(temporal(5, 2)));
  await rename(join(reference, "txt"), at("2010", "test_data"));
  await rename(join(reference, "concept"), join(reference, "concepts"));
  await write2012(at("2012", "2012-07-15.original-annotation.release"), short(temporal(6, 6)));
  await write2012(at("2012", "2012-08-08.test-data.event-timex-groundtruth", "xml"), short(temporal(7, 2)));
  await write2014(at("2014", "training-PHI-Gold-Set1"), short(deidentifiable(8, 6)));
  await write2014(at("2014", "training-PHI-Gold-Set2"), renamed(short(deidentifiable(9, 4)), "2"));
  await write2014(at("2014", "testing-PHI-Gold-fixed"), short(deidentifiable(10, 2)));
}
