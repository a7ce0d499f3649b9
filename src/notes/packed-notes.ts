/** @file Records of a table as bytes that move between threads, and the notes that are read from them. */
import { COLUMN_ROLES, type ColumnIndices } from "./columns.js";
import type { CsvBatch } from "./csv-reader.js";
import { FIELD } from "./csv-scanner.js";
import type { Note } from "./note.js";
import type { SourceNote } from "./note-source.js";
import type { RefusalReason } from "./refusal.js";
import { createDecoder, type TextEncoding } from "./text-encoding.js";

/** Whole records, in the order of their table. */
export interface PackedNotes {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** int32[records, roles, 3]: start and end in `bytes` and `FIELD` kind of each of `COLUMN_ROLES`; −1 for one that the table lacks. */
  readonly bounds: Int32Array<ArrayBuffer>;
  /** float64[records, 3]: number, byte offset and length of each record. */
  readonly places: Float64Array<ArrayBuffer>;
  readonly encoding: TextEncoding;
}

/** A row that holds no note. */
export interface RefusedRow {
  readonly record: number;
  readonly offset: number;
  readonly length: number;
  readonly reason: RefusalReason;
}

/** A pack is full at so many bytes or records: a few milliseconds of work. */
const PACK_BYTES = 1 << 19;
const PACK_RECORDS = 1024;
const FIELDS = COLUMN_ROLES.length;

/** Packs of the same records for any size of the batches in which these are loaded. */
export class NotePacker {
  readonly #columns: ColumnIndices;
  readonly #encoding: TextEncoding;
  #bytes = Buffer.allocUnsafeSlow(2 * PACK_BYTES);
  #length = 0;
  readonly #bounds = new Int32Array(PACK_RECORDS * FIELDS * 3);
  readonly #places = new Float64Array(PACK_RECORDS * 3);
  #records = 0;

  constructor(columns: ColumnIndices, encoding: TextEncoding) {
    this.#columns = columns;
    this.#encoding = encoding;
  }

  get isEmpty(): boolean {
    return this.#records === 0;
  }

  /** Copies a record. True when the pack is full and must be taken. */
  add(bytes: Buffer, { number, offset, bounds }: CsvBatch["records"][number]): boolean {
    const start = bounds[0]!;
    const length = bounds[bounds.length - 2]! - start;
    if (this.#length + length > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(2 * (this.#length + length));
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    bytes.copy(this.#bytes, this.#length, start, start + length);
    let at = this.#records * FIELDS * 3;
    for (const role of COLUMN_ROLES) {
      const field = 3 * this.#columns[role];
      this.#bounds[at++] = field < 0 ? -1 : bounds[field]! - start + this.#length;
      this.#bounds[at++] = field < 0 ? -1 : bounds[field + 1]! - start + this.#length;
      this.#bounds[at++] = field < 0 ? FIELD.plain : bounds[field + 2]!;
    }
    this.#places.set([number, offset, length], 3 * this.#records);
    this.#length += length;
    this.#records += 1;
    return this.#length >= PACK_BYTES || this.#records === PACK_RECORDS;
  }

  /** What has come together; the packer goes on empty. */
  take(): PackedNotes {
    const packed = {
      bytes: new Uint8Array(this.#bytes.subarray(0, this.#length)),
      bounds: this.#bounds.slice(0, this.#records * FIELDS * 3),
      places: this.#places.slice(0, this.#records * 3),
      encoding: this.#encoding,
    };
    this.#length = 0;
    this.#records = 0;
    return packed;
  }
}

const [ID, TEXT, PATIENT, CATEGORY, DATE, ERROR] = COLUMN_ROLES.keys() as unknown as Six;
type Six = [number, number, number, number, number, number];

/** Decodes the notes of a pack; rows that are not valid in the encoding or have no text are told to `refuse`. */
export function unpackNotes(packed: PackedNotes, refuse: (row: RefusedRow) => void): SourceNote[] {
  const { bounds, places } = packed;
  const bytes = Buffer.from(packed.bytes.buffer, packed.bytes.byteOffset, packed.bytes.length);
  const decode = createDecoder(packed.encoding);
  const notes: SourceNote[] = [];
  for (let index = 0; 3 * index < places.length; index++) {
    const [record, offset, length] = [places[3 * index]!, places[3 * index + 1]!, places[3 * index + 2]!];
    const cell = (role: number): string | null => {
      const at = 3 * (index * FIELDS + role);
      const start = bounds[at]!;
      if (start === -1) return "";
      const text = decode(bytes.subarray(start, bounds[at + 1]));
      return bounds[at + 2] === FIELD.escaped && text !== null ? text.replaceAll('""', '"') : text;
    };
    const found = noteOf(cell, record);
    if (found === null) refuse({ record, offset, length, reason: "encoding" });
    else if (found === undefined) refuse({ record, offset, length, reason: "fields" });
    else notes.push({ ...found, record, offset });
  }
  return notes;
}

/** `null` for bytes that are not valid in the encoding, `undefined` for a row without text. */
function noteOf(
  cell: (role: number) => string | null,
  record: number,
): { note: Note; isError: boolean } | null | undefined {
  const [text, id, patient] = [cell(TEXT), cell(ID), cell(PATIENT)];
  const [category, date, error] = [cell(CATEGORY), cell(DATE), cell(ERROR)];
  if (text === null || id === null || patient === null) return null;
  if (category === null || date === null || error === null) return null;
  if (text.trim() === "") return undefined;
  const note: Note = {
    id: id === "" ? String(record) : id,
    text,
    ...(patient === "" ? {} : { patientId: patient }),
    ...(category === "" ? {} : { category }),
    ...(date === "" ? {} : { date }),
  };
  return { note, isError: /^(?:1|1\.0|t|true|y|yes)$/i.test(error) };
}
