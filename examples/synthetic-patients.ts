/** @file Synthetic notes for trying things out: patients of a held-out side share neither patients nor sentences with the others. */
import { synthesizeNotes } from "../src/index.js";

const training = [...synthesizeNotes({ seed: 1, count: 200, templates: "training" })];
const heldOut = [...synthesizeNotes({ seed: 1, count: 50, templates: "held-out", firstPatient: 1_000_000 })];
const patients = new Set(training.map((note) => note.patientId));
if (heldOut.some((note) => patients.has(note.patientId))) throw new Error("a patient is on both sides");
const kinds = new Map<string, number>();
for (const { category } of training) kinds.set(category, (kinds.get(category) ?? 0) + 1);
console.log(`${training.length} notes of ${patients.size} patients; ${heldOut.length} held out`);
for (const [kind, count] of kinds) console.log(`${count} × ${kind}`);
