/** @file Notes of a JSONL file: one object a line, with the same column names as the tables. */
import { ClinicalBertError } from "../errors.js";
import { readLines } from "../util/lines.js";
import { type ColumnIndices, type ColumnRole, findColumns } from "./columns.js";
import type { Note } from "./note.js";
import type { NoteReader, NoteSourceOptions, SourceNote } from "./note-source.js";

const BATCH = 256;

/** `offset` of a refused line is -1: lines are named by number. */
export async function* readJsonLineNotes(
  stream: AsyncIterable<Uint8Array>,
  { source, options, refuse }: NoteReader,
): AsyncGenerator<SourceNote[]> {
  let batch: SourceNote[] = [];
  const known = new Map<string, ColumnIndices | null>();
  /** Lines can have different keys; one without a text is refused by itself. */
  const columnsOf = (keys: readonly string[]): ColumnIndices | null => {
    const shape = JSON.stringify(keys);
    let columns = known.get(shape);
    if (columns === undefined) {
      columns = columnsOrNull(keys, options, source);
      if (known.size >= MOST_SHAPES) known.clear();
      known.set(shape, columns);
    }
    return columns;
  };
  for await (const { text, number } of readLines(stream)) {
    if (text !== null && text.trim() === "") continue;
    const row = text === null ? null : parseObject(text);
    if (row === null) {
      refuse(number, -1, -1, text === null ? "encoding" : "json");
      continue;
    }
    const keys = Object.keys(row);
    const columns = columnsOf(keys);
    const note =
      columns &&
      noteOfRow(
        keys.map((key) => row[key]),
        columns,
        number,
      );
    if (note === null) refuse(number, -1, -1, "fields");
    else batch.push(note);
    if (batch.length === BATCH) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}

const MOST_SHAPES = 64;

function columnsOrNull(
  keys: readonly string[],
  options: NoteSourceOptions,
  source: string,
): ColumnIndices | null {
  try {
    return findColumns(keys, options.columns ?? {}, source);
  } catch (error) {
    if (error instanceof ClinicalBertError && error.code === "NOTES_COLUMNS") return null;
    throw error;
  }
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

/** A note of a row of values (JSON, Parquet, database); `null` when it has no text. */
export function noteOfRow(
  row: readonly unknown[],
  columns: ColumnIndices,
  record: number,
): SourceNote | null {
  const cell = (role: ColumnRole): string => textOfValue(columns[role] === -1 ? null : row[columns[role]]);
  const text = cell("text");
  if (text.trim() === "") return null;
  const [id, patient, category, date] = [cell("id"), cell("patient"), cell("category"), cell("date")];
  const note: Note = {
    id: id === "" ? String(record) : id,
    text,
    ...(patient === "" ? {} : { patientId: patient }),
    ...(category === "" ? {} : { category }),
    ...(date === "" ? {} : { date }),
  };
  return { note, isError: /^(?:1|1\.0|t|true|y|yes)$/i.test(cell("error")), record, offset: -1 };
}

function textOfValue(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (value instanceof Date) return value.toISOString().replace(/T00:00:00\.000Z$/, "");
  return String(value);
}
