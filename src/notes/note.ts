/** @file One clinical note as every later stage sees it. */

/** A clinical note. `text` is never edited: later stages carry spans into it. */
export interface Note {
  /** Stable identifier of the note (MIMIC-III `ROW_ID`, MIMIC-IV `note_id`, a file name, …). */
  readonly id: string;
  readonly text: string;
  /** The patient (MIMIC `SUBJECT_ID`), the unit of every held-out split. */
  readonly patientId?: string;
  /** Kind of note as its source names it, e.g. `Discharge summary`, `Nursing/other`. */
  readonly category?: string;
  /** Chart date as its source writes it (ISO 8601 day or time). */
  readonly date?: string;
}
