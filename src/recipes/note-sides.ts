/** @file Notes on two sides, divided by patient: training and held-out. */
import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import type { Note } from "../notes/note.js";
import type { NoteSourceOptions } from "../notes/note-source.js";
import { openNotes } from "../notes/open-notes.js";
import { isDatabaseAddress, placeOf } from "../notes/postgres-source.js";
import type { Refusal } from "../notes/refusal.js";
import { fileError } from "../util/file-error.js";

export type Side = "training" | "held-out";
export const SIDES: readonly Side[] = ["training", "held-out"];

export interface NoteSides {
  /** What the notes are, for the identity of the job: never their text, nor the password of a database. */
  readonly identity: unknown;
  read(side: Side): Iterable<Note> | AsyncIterable<Note>;
}

export interface NoteSidesOptions extends Omit<NoteSourceOptions, "onRefusal"> {
  /** One patient of this many is held out. */
  readonly holdOutOneOf: number;
}

/** Notes of files, folders or databases; a patient (or a note without one) is on one side by the hash of its id. */
export async function openNoteSides(
  sources: readonly string[],
  { holdOutOneOf, ...options }: NoteSidesOptions,
  onRefusal: (refusal: Refusal) => void,
): Promise<NoteSides> {
  const files = await Promise.all(sources.map(describe));
  return {
    identity: { files, holdOutOneOf, ...options },
    async *read(side) {
      // Both sides read everything; a malformed record is told of once.
      for await (const note of openNotes(sources, {
        ...options,
        ...(side === "training" ? { onRefusal } : {}),
      }))
        if (isHeldOut(note.patientId ?? note.id, holdOutOneOf) === (side === "held-out")) yield note;
    },
  };
}

function isHeldOut(key: string, oneOf: number): boolean {
  return createHash("sha256").update(key).digest().readUInt32BE(0) % oneOf === 0;
}

/** Name, size and time of a file; the place alone of a database. */
async function describe(source: string): Promise<unknown> {
  if (isDatabaseAddress(source)) return { database: placeOf(source) };
  try {
    const { size, mtimeMs } = await stat(source);
    return { source, size, mtimeMs };
  } catch (error) {
    throw fileError(error, source);
  }
}
