/** @file The open clinical notes that CLINICALBERT_DATA names, divided by document into training and held-out; and general text of the web. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Note } from "../src/notes/note.js";
import { openNotes } from "../src/notes/open-notes.js";
import { synthesizeNotes } from "../src/notes/synthesize/index.js";

export interface ClinicalTexts {
  readonly training: readonly Note[];
  readonly heldOut: readonly Note[];
}

/** Tables of clinical notes below the folder of open data. */
export const CLINICAL_TABLES = [
  "mtsamples/mtsamples.csv",
  "aci-bench/train.csv",
  "aci-bench/valid.csv",
  "aci-bench/clinicalnlp_taskB_test1.csv",
  "mts-dialog/MTS-Dialog-TrainingSet.csv",
  "mts-dialog/MTS-Dialog-ValidationSet.csv",
];

/** Documents that share this part of the ten-word runs of the shorter one are one group and stay on one side. */
const SHARED = 0.25;
const RUN_WORDS = 10;
/** One group of this many is held out. */
const HOLD_OUT_ONE_OF = 6;
const SYNTHETIC_NOTES = 200;

/** Real notes of four collections on two sides, near-duplicates together; synthetic notes on the side of training alone. */
export async function readClinicalTexts(data: string): Promise<ClinicalTexts> {
  const notes: Note[] = [];
  for (const table of CLINICAL_TABLES)
    for await (const note of openNotes(join(data, table)))
      notes.push({ id: `${table} ${note.id}`, text: note.text });
  const folder = join(data, "primock57", "notes");
  for (const name of readdirSync(folder).sort()) {
    const { note } = JSON.parse(readFileSync(join(folder, name), "utf8")) as { note: string };
    notes.push({ id: `primock57 ${name}`, text: note });
  }
  const groupOf = groupDuplicates(notes);
  const isHeldOut = (index: number): boolean =>
    createHash("sha256").update(notes[groupOf[index]!]!.id).digest().readUInt32BE(0) % HOLD_OUT_ONE_OF === 0;
  const synthetic = [...synthesizeNotes({ seed: 1, count: SYNTHETIC_NOTES })];
  return {
    training: [...notes.filter((_, index) => !isHeldOut(index)), ...synthetic],
    heldOut: notes.filter((_, index) => isHeldOut(index)),
  };
}

/** Blogs, mail, reviews, answers and newsgroups: the documents of UD English EWT. */
export function readGeneralTexts(data: string): Note[] {
  return readFileSync(join(data, "ud-english-ewt", "sentences.jsonl"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => {
      const { id, text } = JSON.parse(line) as Note;
      return { id, text };
    });
}

/** For each note, the number of the first note of its group. */
function groupDuplicates(notes: readonly Note[]): number[] {
  const leader = notes.map((_, index) => index);
  const find = (index: number): number => {
    let at = index;
    while (leader[at] !== at) at = leader[at]!;
    return at;
  };
  const runs = notes.map(({ text }) => wordRuns(text));
  const owners = new Map<string, number[]>();
  for (const [index, own] of runs.entries()) {
    const shared = new Map<number, number>();
    for (const run of own) {
      const known = owners.get(run) ?? [];
      for (const other of known) shared.set(other, (shared.get(other) ?? 0) + 1);
      owners.set(run, [...known, index]);
    }
    for (const [other, count] of shared)
      if (count >= SHARED * Math.min(own.size, runs[other]!.size)) {
        const [a, b] = [find(index), find(other)];
        leader[Math.max(a, b)] = Math.min(a, b);
      }
  }
  return notes.map((_, index) => find(index));
}

/** Every run of ten words, or the whole of a shorter text. */
export function wordRuns(text: string): Set<string> {
  const words = text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  const runs = new Set<string>();
  for (let at = 0; at === 0 || at + RUN_WORDS <= words.length; at++)
    runs.add(words.slice(at, at + RUN_WORDS).join(" "));
  return runs;
}
