/** @file Notes of a CSV table: MIMIC-III NOTEEVENTS, MIMIC-IV-Note, or a hospital's own, with any column case. */
import { type ColumnIndices, findColumns } from "./columns.js";
import { type CsvRecord, readCsv } from "./csv-reader.js";
import type { RecordScan } from "./csv-scanner.js";
import type { NoteReader } from "./note-source.js";
import { NotePacker, type PackedNotes } from "./packed-notes.js";

/** Reads a CSV stream into packs, which do not depend on how it was loaded. Rows that are no records are told to `refuse`. */
export async function* packCsvNotes(
  stream: AsyncIterable<Uint8Array>,
  { source, options, refuse }: NoteReader,
): AsyncGenerator<PackedNotes> {
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
  let packer: NotePacker | null = null;
  for await (const { bytes, records } of batches) {
    packer ??= new NotePacker(columns!, options.encoding ?? "utf-8");
    for (const record of records) {
      ids.learn(bytes, record, columns!.id);
      if (packer.add(bytes, record)) yield packer.take();
    }
  }
  if (packer?.isEmpty === false) yield packer.take();
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
