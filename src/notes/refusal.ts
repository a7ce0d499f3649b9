/** @file Rows of a source that could not be read as notes: named by place, never by content. */

/**
 * `quotes`: unbalanced quotes. `columns`: another number of columns than the header. `encoding`: not valid in the named
 * encoding. `nul`: a run of NUL bytes. `too-long`: longer than the allowed record. `json`: not a JSON object. `fields`: no usable id or text.
 */
export type RefusalReason = "quotes" | "columns" | "encoding" | "nul" | "too-long" | "json" | "fields";

export interface Refusal {
  /** Path of the file, or the kind of the database. */
  readonly source: string;
  /** Record number from 1 (the header of a CSV is not counted). */
  readonly record: number;
  /** Byte offset of the record in the decompressed file; -1 where the format has none. */
  readonly offset: number;
  /** Bytes left out, -1 where unknown. After broken quotes this can span several rows. */
  readonly length: number;
  readonly reason: RefusalReason;
}
