/** @file Notes of a Parquet file, one row group at a time. Its reader is loaded only when a Parquet file is opened. */
import { open } from "node:fs/promises";
import { ClinicalBertError } from "../errors.js";
import { fileError } from "../util/file-error.js";
import { COLUMN_ROLES, findColumns } from "./columns.js";
import { noteOfRow } from "./json-lines-source.js";
import type { NoteReader, SourceNote } from "./note-source.js";

/** Rows read together: bounds the memory within large row groups. */
const ROWS = 2048;

/** Only the columns of notes are read. Refused rows have no offset. Throws `NOTES_DAMAGED`. */
export async function* readParquetNotes({
  source,
  options,
  refuse,
}: NoteReader): AsyncGenerator<SourceNote[]> {
  const { parquetMetadataAsync, parquetReadObjects, parquetSchema } = await import("hyparquet");
  const { compressors } = await import("hyparquet-compressors");
  const file = await openFile(source);
  try {
    const metadata = await parquetMetadataAsync(file.buffer);
    const names = parquetSchema(metadata).children.map(({ element }) => element.name);
    const indices = findColumns(names, options.columns ?? {}, source);
    const columns = [
      ...new Set(COLUMN_ROLES.map((role) => indices[role]).filter((index) => index !== -1)),
    ].map((index) => names[index]!);
    const rowCount = Number(metadata.num_rows);
    let groupStart = 0;
    for (const group of metadata.row_groups) {
      const groupEnd = groupStart + Number(group.num_rows);
      for (let start = groupStart; start < groupEnd; start += ROWS) {
        const rowEnd = Math.min(start + ROWS, groupEnd, rowCount);
        const rows = await parquetReadObjects({
          file: file.buffer,
          metadata,
          columns,
          rowStart: start,
          rowEnd,
          compressors,
        });
        const notes: SourceNote[] = [];
        for (const [index, row] of rows.entries()) {
          const values = names.map((name) => row[name]);
          const note = noteOfRow(values, indices, start + index + 1);
          if (note === null) refuse(start + index + 1, -1, -1, "fields");
          else notes.push(note);
        }
        yield notes;
      }
      groupStart = groupEnd;
    }
  } catch (error) {
    if (error instanceof ClinicalBertError) throw error;
    // The reader's own message may quote what it read.
    throw new ClinicalBertError("NOTES_DAMAGED", `${source} is not a readable Parquet file.`, {
      details: { source },
    });
  } finally {
    await file.close();
  }
}

interface AsyncBuffer {
  readonly byteLength: number;
  slice(start: number, end?: number): Promise<ArrayBuffer>;
}

/** A file read by position. */
async function openFile(path: string): Promise<{ readonly buffer: AsyncBuffer; close(): Promise<void> }> {
  try {
    const handle = await open(path, "r");
    const { size } = await handle.stat();
    return {
      buffer: {
        byteLength: size,
        async slice(start, end = size) {
          const bytes = new Uint8Array(Math.max(0, end - start));
          for (let done = 0; done < bytes.length; ) {
            const { bytesRead } = await handle.read(bytes, done, bytes.length - done, start + done);
            if (bytesRead === 0) break;
            done += bytesRead;
          }
          return bytes.buffer;
        },
      },
      close: () => handle.close(),
    };
  } catch (error) {
    throw fileError(error, path);
  }
}
