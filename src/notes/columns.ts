/** @file Which column of a table holds the id, text, patient, category, date and error mark of a note. */
import { ClinicalBertError } from "../errors.js";

export type ColumnRole = "id" | "text" | "patient" | "category" | "date" | "error";

/** Names of a hospital's own columns; a role that is left out is looked for among the known names. */
export type ColumnMapping = Readonly<Partial<Record<ColumnRole, string>>>;

/** Index of each role's column, -1 when the table has none. `text` is always there. */
export type ColumnIndices = Readonly<Record<ColumnRole, number>>;

export const COLUMN_ROLES: readonly ColumnRole[] = ["id", "text", "patient", "category", "date", "error"];

/**
 * Known names, lower case, the first one present wins: MIMIC-III NOTEEVENTS, MIMIC-IV-Note discharge and radiology,
 * MTSamples, ACI-Bench, MTS-Dialog, and usual names of hospitals' tables.
 */
const KNOWN_NAMES: Readonly<Record<ColumnRole, readonly string[]>> = {
  id: ["row_id", "note_id", "noteid", "encounter_id", "document_id", "doc_id", "id", "index", ""],
  text: [
    "text",
    "note_text",
    "transcription",
    "note",
    "section_text",
    "report_text",
    "report",
    "content",
    "body",
  ],
  patient: ["subject_id", "patient_id", "patientid", "person_id", "mrn"],
  category: ["category", "note_type", "medical_specialty", "section_header", "type"],
  date: ["chartdate", "charttime", "note_date", "date", "storetime"],
  error: ["iserror", "is_error"],
};

/** The patient of a JSON record, under any name that a column of patients may have; null where it says none. */
export function patientOf(record: Readonly<Record<string, unknown>>): string | null {
  const byName = new Map(Object.entries(record).map(([name, value]) => [name.toLowerCase(), value]));
  for (const name of KNOWN_NAMES.patient) {
    const value = byName.get(name);
    if (typeof value === "number" || (typeof value === "string" && value.trim() !== "")) return String(value);
  }
  return null;
}

/** Finds the columns in a header, whatever its case. Throws `NOTES_COLUMNS` without quoting the header. */
export function findColumns(
  header: readonly string[],
  mapping: ColumnMapping,
  source: string,
): ColumnIndices {
  const names = header.map((name) => name.toLowerCase());
  const unknown = Object.keys(mapping).find((role) => !COLUMN_ROLES.includes(role as ColumnRole));
  if (unknown !== undefined)
    throw new ClinicalBertError(
      "USAGE",
      `Column role "${unknown}" is unknown; there are ${COLUMN_ROLES.join(", ")}.`,
    );
  const find = (role: ColumnRole): number => {
    const wanted = mapping[role];
    if (wanted !== undefined) {
      const index = names.indexOf(wanted.toLowerCase());
      if (index === -1)
        throw missing(source, header.length, `no column named ${JSON.stringify(wanted)} (${role})`);
      return index;
    }
    for (const name of KNOWN_NAMES[role]) if (names.includes(name)) return names.indexOf(name);
    return -1;
  };
  const indices = Object.fromEntries(COLUMN_ROLES.map((role) => [role, find(role)])) as Record<
    ColumnRole,
    number
  >;
  if (indices.text === -1)
    throw missing(source, header.length, `none of the known text columns (${KNOWN_NAMES.text.join(", ")})`);
  return indices;
}

function missing(source: string, columns: number, what: string): ClinicalBertError {
  return new ClinicalBertError("NOTES_COLUMNS", `${source} has ${columns} columns and ${what}.`, {
    details: { source, columns },
  });
}

/** Reads `text=NOTE,id=KEY` of a command line. */
export function parseColumnMapping(list: string): ColumnMapping {
  const mapping: Partial<Record<ColumnRole, string>> = {};
  for (const part of list.split(",")) {
    const equals = part.indexOf("=");
    const role = part.slice(0, equals).trim() as ColumnRole;
    const name = part.slice(equals + 1).trim();
    if (equals < 1 || name === "" || !COLUMN_ROLES.includes(role))
      throw new ClinicalBertError(
        "USAGE",
        `Columns "${list}" must be ROLE=NAME pairs joined by commas; roles: ${COLUMN_ROLES.join(", ")}.`,
      );
    mapping[role] = name;
  }
  return mapping;
}
