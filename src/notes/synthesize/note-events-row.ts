/** @file Synthetic notes as rows of MIMIC-III's NOTEEVENTS.csv: numbers and times bare, strings quoted, quotes doubled. */
import type { SyntheticNote } from "./synthesize-notes.js";

const COLUMNS =
  "ROW_ID,SUBJECT_ID,HADM_ID,CHARTDATE,CHARTTIME,STORETIME,CATEGORY,DESCRIPTION,CGID,ISERROR,TEXT".split(",");

/** The header line, its names quoted as in the released file. */
export const noteEventsHeader = `${COLUMNS.map((name) => `"${name}"`).join(",")}\n`;

/** One record; the text may hold line feeds, as in the released file. */
export function noteEventsRow(note: SyntheticNote): string {
  const { id, patientId, admissionId, date, time, category, description, text } = note;
  const caregiver = category === "Nursing/other" ? 14_000 + (Number(patientId) % 997) : "";
  const stored = time === null || category === "Radiology" ? "" : time;
  return `${id},${patientId},${admissionId},${date},${time ?? ""},${stored},"${category}",${quote(description)},${caregiver},,${quote(text)}\n`;
}

function quote(text: string): string {
  return `"${text.includes('"') ? text.replaceAll('"', '""') : text}"`;
}
