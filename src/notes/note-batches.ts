/** @file Notes in batches for a pipeline: as they are, or packed for another thread to read. */
import { ClinicalBertError } from "../errors.js";
import { createNoteTest, type NoteFilter } from "./filters.js";
import type { Note } from "./note.js";
import { type PackedNotes, unpackNotes } from "./packed-notes.js";
import type { Refusal } from "./refusal.js";

export interface PackedBatch {
  readonly packed: PackedNotes;
  readonly filter: NoteFilter;
  /** Name of the table in refusals. */
  readonly source: string;
  /** Rows between the records that are no records. */
  readonly refusals: readonly Refusal[];
}

export interface PlainBatch {
  readonly notes: readonly Note[];
  readonly refusals: readonly Refusal[];
}

/** Plain data. The same sources give the same batches, so that a stopped run can count them. */
export type NoteBatch = PlainBatch | PackedBatch;

/** A batch is full at so many UTF-16 units of text: a few milliseconds of work. */
const BATCH_CHARACTERS = 1 << 19;
const BATCH_NOTES = 1024;

/** Batches that do not depend on how the notes were read. */
export async function* cutBatches(notes: AsyncIterable<Note> | Iterable<Note>): AsyncGenerator<Note[]> {
  let batch: Note[] = [];
  let characters = 0;
  for await (const note of notes) {
    batch.push(note);
    characters += note.text.length;
    if (characters < BATCH_CHARACTERS && batch.length < BATCH_NOTES) continue;
    yield batch;
    batch = [];
    characters = 0;
  }
  if (batch.length > 0) yield batch;
}

/** The wanted notes of a batch, and its malformed rows in the order of their records. */
export function unpackBatch(batch: NoteBatch): PlainBatch {
  if ("notes" in batch) return batch;
  const { packed, filter, source } = batch;
  const refusals = [...batch.refusals];
  const isWanted = createNoteTest(filter);
  const found = unpackNotes(packed, (row) => refusals.push({ source, ...row }));
  refusals.sort((left, right) => left.record - right.record);
  const notes = found.filter(({ note, isError }) => isWanted(note, isError)).map(({ note }) => note);
  return { notes, refusals };
}

/** @throws `NOTES_MALFORMED` for a malformed row of a source that must have none */
export function malformed({ source, record, offset, reason }: Refusal): ClinicalBertError {
  return new ClinicalBertError(
    "NOTES_MALFORMED",
    `${source}: record ${record}${offset === -1 ? "" : ` at byte ${offset}`} is malformed (${reason}).`,
    { details: { source, record, offset, reason } },
  );
}
