/** @file What every reader of notes gets and gives: options, refusals, and notes with the place they came from. */
import type { ColumnMapping } from "./columns.js";
import type { NoteFilter } from "./filters.js";
import type { Note } from "./note.js";
import type { Refusal, RefusalReason } from "./refusal.js";
import type { TextEncoding } from "./text-encoding.js";

export const SOURCE_FORMATS = ["csv", "jsonl", "parquet", "text"] as const;
export type SourceFormat = (typeof SOURCE_FORMATS)[number];

export interface NoteSourceOptions extends NoteFilter {
  /** Default: by the name of the file, and by its first bytes for gzip. */
  readonly format?: SourceFormat;
  /** Column names of a hospital's own table; default: names of the public data sets, in any case. */
  readonly columns?: ColumnMapping;
  /** Of CSV; default a comma. */
  readonly delimiter?: string;
  /** Of CSV and .txt; default UTF-8, checked. */
  readonly encoding?: TextEncoding;
  /** SQL condition for a PostgreSQL source, e.g. `subject_id < 1000`. Only for databases. */
  readonly where?: string;
  /** PostgreSQL table, default `mimiciii.noteevents`. */
  readonly table?: string;
  /** Throw `NOTES_MALFORMED` at the first malformed row instead of counting it. */
  readonly strict?: boolean;
  /** Told of every malformed row. */
  readonly onRefusal?: (refusal: Refusal) => void;
}

export interface SourceNote {
  readonly note: Note;
  readonly isError: boolean;
  readonly record: number;
  readonly offset: number;
}

/** What a reader of one format needs. */
export interface NoteReader {
  /** Path of the file, for messages. */
  readonly source: string;
  readonly options: NoteSourceOptions;
  readonly refuse: (record: number, offset: number, length: number, reason: RefusalReason) => void;
}
