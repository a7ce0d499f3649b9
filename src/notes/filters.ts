/** @file Which notes of a source are wanted: category, error mark, date. */
import { ClinicalBertError } from "../errors.js";
import type { Note } from "./note.js";

export interface NoteFilter {
  /** Only these categories, whatever their case and outer white space; see `NOTE_CATEGORIES` for MIMIC-IV's codes. */
  readonly categories?: readonly string[];
  /** Leave out notes that their source marks as errors (MIMIC-III `ISERROR` = 1). Default false, as in the paper. */
  readonly excludeErrors?: boolean;
  /** Only notes of this ISO day or later; a note without a date is left out. */
  readonly since?: string;
  /** Only notes before this ISO day; a note without a date is left out. */
  readonly until?: string;
}

/** Codes of MIMIC-IV-Note `note_type` and the MIMIC-III category of the same kind of note. */
const CATEGORY_OF_CODE: Readonly<Record<string, string>> = {
  ds: "discharge summary",
  rr: "radiology",
  ar: "radiology",
};

const DAY = /^\d{4}(?:-\d{2}(?:-\d{2})?)?$/;

/** A test of one note, whose error mark is given apart. Throws `USAGE` for a date that is no ISO day. */
export function createNoteTest(filter: NoteFilter): (note: Note, isError: boolean) => boolean {
  const { since, until, excludeErrors = false } = filter;
  for (const day of [since, until])
    if (day !== undefined && !DAY.test(day))
      throw new ClinicalBertError("USAGE", `Date "${day}" must be YYYY, YYYY-MM or YYYY-MM-DD.`);
  const wanted = filter.categories && new Set(filter.categories.map(normaliseCategory));
  return (note, isError) => {
    if (isError && excludeErrors) return false;
    if (wanted && !wanted.has(normaliseCategory(note.category ?? ""))) return false;
    if (since === undefined && until === undefined) return true;
    const date = note.date ?? "";
    // ISO dates sort as text.
    return date !== "" && (since === undefined || date >= since) && (until === undefined || date < until);
  };
}

/** Lower case without outer white space (MIMIC-III writes "Physician "); codes of MIMIC-IV become names. */
export function normaliseCategory(category: string): string {
  const name = category.trim().toLowerCase();
  return CATEGORY_OF_CODE[name] ?? name;
}
