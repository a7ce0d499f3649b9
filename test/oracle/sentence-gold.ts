/** @file Gold sentence boundaries: our hand-marked notes, and the open sets that CLINICALBERT_DATA names; and their scoring. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { openNotes } from "../../src/notes/open-notes.js";

export interface GoldText {
  readonly text: string;
  /** UTF-16 offsets of every sentence but the first. */
  readonly starts: readonly number[];
}

export interface GoldSet {
  readonly name: string;
  readonly texts: readonly GoldText[];
}

interface MarkedNote {
  readonly file: string;
  /** Column or key of the text. */
  readonly text: string;
  /** Column of the id, and the id; absent where a file is one note. */
  readonly key?: readonly [column: string, id: string];
  readonly length: number;
  readonly starts: readonly number[];
}

/** Every set that can be read here; without `data` only the synthetic notes. */
export async function readGoldSets(data: string | undefined): Promise<GoldSet[]> {
  const here = (name: string): string => readFileSync(new URL(`sentences/${name}`, import.meta.url), "utf8");
  const sets: GoldSet[] = [{ name: "synthetic", texts: parseLines<GoldText>(here("synthetic.jsonl")) }];
  if (data === undefined) return sets;
  const marked = (JSON.parse(here("clinical.json")) as { notes: MarkedNote[] }).notes;
  sets.push({ name: "clinical", texts: await Promise.all(marked.map((note) => readMarked(data, note))) });
  for (const [name, folder] of [
    ["genia", "genia-sentences"],
    ["ewt", "ud-english-ewt"],
  ] as const) {
    const rows = parseLines<{ text: string; sentences: [number, number][] }>(
      readFileSync(join(data, folder, "sentences.jsonl"), "utf8"),
    );
    sets.push({
      name,
      texts: rows.map(({ text, sentences }) => ({ text, starts: fromCodePoints(text, sentences) })),
    });
  }
  const rules = parseLines<{ text: string; sentences: string[] }>(
    readFileSync(join(data, "sentence-golden-rules", "rules.jsonl"), "utf8"),
  );
  sets.push({
    name: "golden rules",
    texts: rules.map(({ text, sentences }) => ({ text, starts: findAll(text, sentences) })),
  });
  return sets;
}

async function readMarked(data: string, note: MarkedNote): Promise<GoldText> {
  const path = join(data, note.file);
  if (!existsSync(path)) throw new Error(`${note.file} is not in CLINICALBERT_DATA`);
  let text = "";
  if (note.key === undefined)
    text = String((JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>)[note.text]);
  else {
    const [column, id] = note.key;
    for await (const found of openNotes(path, { columns: { text: note.text, id: column } }))
      if (found.id === id) text = found.text;
  }
  if (text.length !== note.length) throw new Error(`${note.file} is another version of the marked text`);
  return { text, starts: note.starts };
}

function parseLines<T>(lines: string): T[] {
  return lines
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as T);
}

/** Starts of all sentences but the first, from code points to UTF-16 units. */
function fromCodePoints(text: string, sentences: readonly (readonly [number, number])[]): number[] {
  const units: number[] = [];
  let at = 0;
  for (const character of text) {
    units.push(at);
    at += character.length;
  }
  return sentences.slice(1).map(([start]) => units[start]!);
}

function findAll(text: string, sentences: readonly string[]): number[] {
  let from = 0;
  return sentences
    .map((sentence) => {
      const start = text.indexOf(sentence.trim(), from);
      from = start + sentence.trim().length;
      return start;
    })
    .slice(1);
}

export interface BoundaryScore {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  readonly errors: number;
}

/** Inner boundaries, compared by the number of characters before them that are not white. */
export function scoreBoundaries(
  texts: readonly GoldText[],
  startsOf: (text: string, index: number) => readonly number[],
): BoundaryScore {
  let [hits, extra, missed] = [0, 0, 0];
  for (const [index, { text, starts }] of texts.entries()) {
    const gold = places(text, starts);
    const found = places(text, startsOf(text, index));
    for (const place of found) {
      if (gold.has(place)) hits++;
      else extra++;
    }
    for (const place of gold) if (!found.has(place)) missed++;
  }
  const precision = hits / (hits + extra);
  const recall = hits / (hits + missed);
  return { precision, recall, f1: (2 * precision * recall) / (precision + recall), errors: extra + missed };
}

function places(text: string, starts: readonly number[]): Set<number> {
  const wanted = new Set(starts);
  const found = new Set<number>();
  let seen = 0;
  for (let at = 0; at < text.length; at++) {
    if (wanted.has(at)) found.add(seen);
    if (text[at]!.trim() !== "") seen++;
  }
  found.delete(0);
  found.delete(seen);
  return found;
}

/** The one regular expression that a splitter has to beat: `[.?!]` before white space and a capital, digit or bracket. */
export function startsByExpression(text: string): number[] {
  return [...text.matchAll(/[.?!]\s+(?=[A-Z0-9[(])/g)].map((match) => match.index + match[0].length);
}
