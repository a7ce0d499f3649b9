/** @file The notes of a demonstration: synthetic ones, or real ones divided by patient into training and held-out. */
import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import type { Note } from "../notes/note.js";
import { openNotes } from "../notes/open-notes.js";
import type { Refusal } from "../notes/refusal.js";
import { synthesizeNotes } from "../notes/synthesize/index.js";
import { fileError } from "../util/file-error.js";
import type { DemoSettings } from "./demo-settings.js";

export type Side = "training" | "held-out";

export interface DemoNotes {
  readonly synthetic: boolean;
  /** What the notes are, for the identity of the run: never their text. */
  readonly identity: unknown;
  read(side: Side): Iterable<Note> | AsyncIterable<Note>;
}

/** Patients of training and of held-out notes are numbered this far apart. */
const HELD_OUT_PATIENTS = 1_000_000;

/** Synthetic notes of short statements; patients and sentence templates of the two sides are disjoint. */
export function syntheticDemoNotes(seed: number, settings: DemoSettings): DemoNotes {
  const { trainingNotes, heldOutNotes, topics } = settings;
  return {
    synthetic: true,
    identity: { seed, trainingNotes, heldOutNotes, topics },
    read: (side) =>
      synthesizeNotes({
        seed,
        topics,
        categories: ["Physician"],
        templates: side,
        count: side === "training" ? trainingNotes : heldOutNotes,
        firstPatient: side === "training" ? 0 : HELD_OUT_PATIENTS,
      }),
  };
}

/** One patient of this many is held out. */
const HOLD_OUT_ONE_OF = 8;

/** Notes of files, folders or databases; a patient (or a note without one) is on one side by the hash of its id. */
export async function realDemoNotes(
  sources: readonly string[],
  onRefusal: (refusal: Refusal) => void,
): Promise<DemoNotes> {
  const files = await Promise.all(sources.map(describe));
  return {
    synthetic: false,
    identity: { files },
    async *read(side) {
      // Both sides read everything; a malformed record is told of once.
      for await (const note of openNotes(sources, side === "training" ? { onRefusal } : {}))
        if (isHeldOut(note.patientId ?? note.id) === (side === "held-out")) yield note;
    },
  };
}

function isHeldOut(key: string): boolean {
  return createHash("sha256").update(key).digest().readUInt32BE(0) % HOLD_OUT_ONE_OF === 0;
}

/** Name, size and time of a file; the name alone of a database. */
async function describe(source: string): Promise<unknown> {
  if (/^postgres(?:ql)?:\/\//.test(source)) return { database: true };
  try {
    const { size, mtimeMs } = await stat(source);
    return { source, size, mtimeMs };
  } catch (error) {
    throw fileError(error, source);
  }
}
