/** @file Notes of a CSV table: MIMIC-III NOTEEVENTS, MIMIC-IV-Note, or a hospital's own, with any column case. */
import { type ColumnIndices, type ColumnRole, findColumns } from "./columns.js";
import { type CsvRecord, readCsv } from "./csv-reader.js";
import { FIELD, type RecordScan } from "./csv-scanner.js";
import type { Note } from "./note.js";
import type { NoteReader, SourceNote } from "./note-source.js";
import { createDecoder } from "./text-encoding.js";

/** Reads a CSV stream; each batch of notes is made of the records that were loaded together. */
export async function* readCsvNotes(
  stream: AsyncIterable<Uint8Array>,
  { source, options, refuse }: NoteReader,
): AsyncGenerator<SourceNote[]> {
  const decode = createDecoder(options.encoding);
  const ids = createIdShape();
  let columns: ColumnIndices | null = null;
  const csv = {
    ...(options.delimiter === undefined ? {} : { delimiter: options.delimiter }),
    onRefusal: refuse,
  };
  const batches = readCsv(stream, csv, (header) => {
    columns = findColumns(header, options.columns ?? {}, source);
    return (bytes, scan) => ids.fits(bytes, scan, columns!.id);
  });
  for await (const { bytes, records } of batches) {
    const notes: SourceNote[] = [];
    for (const record of records) {
      ids.learn(bytes, record, columns!.id);
      const note = readNote(bytes, record, columns!, decode);
      if (note === null) refuse(record.number, record.offset, lengthOf(record), "encoding");
      else if (note === undefined) refuse(record.number, record.offset, lengthOf(record), "fields");
      else notes.push(note);
    }
    yield notes;
  }
}

function lengthOf({ bounds }: CsvRecord): number {
  return bounds[bounds.length - 2]! - bounds[0]!;
}

/** `null` for bytes that are not valid in the encoding, `undefined` for a row without text. */
function readNote(
  bytes: Buffer,
  record: CsvRecord,
  columns: ColumnIndices,
  decode: (bytes: Buffer) => string | null,
): SourceNote | null | undefined {
  const cell = (role: ColumnRole): string | null => {
    const index = columns[role];
    if (index === -1) return "";
    const [start, end, kind] = [
      record.bounds[3 * index]!,
      record.bounds[3 * index + 1]!,
      record.bounds[3 * index + 2],
    ];
    const text = decode(bytes.subarray(start, end));
    return kind === FIELD.escaped && text !== null ? text.replaceAll('""', '"') : text;
  };
  const text = cell("text");
  const id = cell("id");
  const patient = cell("patient");
  const category = cell("category");
  const date = cell("date");
  const error = cell("error");
  if (
    text === null ||
    id === null ||
    patient === null ||
    category === null ||
    date === null ||
    error === null
  )
    return null;
  if (text.trim() === "") return undefined;
  const note: Note = {
    id: id === "" ? String(record.number) : id,
    text,
    ...(patient === "" ? {} : { patientId: patient }),
    ...(category === "" ? {} : { category }),
    ...(date === "" ? {} : { date }),
  };
  return {
    note,
    isError: /^(?:1|1\.0|t|true|y|yes)$/i.test(error),
    record: record.number,
    offset: record.offset,
  };
}

/** Whether ids have been plain numbers so far: then a line that begins otherwise is text, not a record. */
function createIdShape() {
  let numeric: boolean | null = null;
  const isNumeric = (bytes: Buffer, start: number, end: number): boolean => {
    for (let at = start; at < end; at++) if (bytes[at]! < 48 || bytes[at]! > 57) return false;
    return end > start;
  };
  return {
    learn(bytes: Buffer, record: CsvRecord, column: number): void {
      if (column === -1 || numeric === false) return;
      numeric = isNumeric(bytes, record.bounds[3 * column]!, record.bounds[3 * column + 1]!);
    },
    fits(bytes: Buffer, scan: RecordScan, column: number): boolean {
      if (column === -1 || numeric !== true || column >= scan.fields) return true;
      return isNumeric(bytes, scan.bounds[3 * column]!, scan.bounds[3 * column + 1]!);
    },
  };
}
