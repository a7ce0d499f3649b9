/** @file The notes of a demonstration: synthetic ones, or real ones divided by patient into training and held-out. */
import type { Refusal } from "../notes/refusal.js";
import { synthesizeNotes } from "../notes/synthesize/index.js";
import type { DemoSettings } from "./demo-settings.js";
import { type NoteSides, openNoteSides } from "./note-sides.js";

export interface DemoNotes extends NoteSides {
  readonly synthetic: boolean;
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

/** Notes of files, folders or databases. */
export async function realDemoNotes(
  sources: readonly string[],
  onRefusal: (refusal: Refusal) => void,
): Promise<DemoNotes> {
  return {
    synthetic: false,
    ...(await openNoteSides(sources, { holdOutOneOf: HOLD_OUT_ONE_OF }, onRefusal)),
  };
}
