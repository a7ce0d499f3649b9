/**
 * @file MIMIC-shaped synthetic notes: discharge summaries, radiology reports and nursing notes of patients whose diagnosis
 * brings its drugs, laboratory values and course. No line is copied from a real note.
 */
import { ClinicalBertError } from "../../errors.js";
import type { Note } from "../note.js";
import { writeDischargeSummary } from "./discharge-summary.js";
import { Draws } from "./draws.js";
import { writeNursingNote } from "./nursing-note.js";
import { calendar, makePatient, type Patient } from "./patient.js";
import { writeRadiologyReport } from "./radiology-report.js";
import { type Detail, type Story, type TemplateSet, wordsOf } from "./template.js";
import { TOPICS } from "./topics.js";

export interface SynthesizeOptions {
  /** Integer, 0 to 2^53 − 1; equal seeds give equal notes on any machine. */
  readonly seed: number;
  /** Notes to make; endless when absent. */
  readonly count?: number;
  /** Number of the first patient (default 0): disjoint ranges share no patient. */
  readonly firstPatient?: number;
  /** Diagnoses to draw from, 1 to `SYNTHETIC_TOPICS` (the default). */
  readonly topics?: number;
  /** Sentence templates to use (default `all`); `training` and `held-out` share none. */
  readonly templates?: TemplateSet;
  /** `full` (default), or `narrative` without the parts that any patient's note could have. */
  readonly detail?: Detail;
}

/** A note with the further columns of MIMIC-III's NOTEEVENTS. */
export interface SyntheticNote extends Note {
  readonly patientId: string;
  readonly admissionId: string;
  readonly category: "Discharge summary" | "Radiology" | "Nursing/other";
  readonly description: string;
  /** `2151-07-16`. */
  readonly date: string;
  /** `2151-07-16 09:12:00`; `null` for discharge summaries, as in MIMIC-III. */
  readonly time: string | null;
}

export const SYNTHETIC_TOPICS = TOPICS.length;

/** Notes of one patient after another, ids counted from 1. Throws `USAGE` for a number outside its range. */
export function* synthesizeNotes(options: SynthesizeOptions): Generator<SyntheticNote, void, undefined> {
  const { seed, firstPatient = 0, topics = SYNTHETIC_TOPICS, templates = "all", detail = "full" } = options;
  const count = options.count ?? Number.POSITIVE_INFINITY;
  checkRange("seed", seed, 0, Number.MAX_SAFE_INTEGER);
  checkRange("firstPatient", firstPatient, 0, 2 ** 31);
  checkRange("topics", topics, 1, SYNTHETIC_TOPICS);
  if (count !== Number.POSITIVE_INFINITY) checkRange("count", count, 0, Number.MAX_SAFE_INTEGER);
  const chosen = TOPICS.slice(0, topics);
  let made = 0;
  for (let index = firstPatient; made < count; index++) {
    const draws = new Draws(seed, index);
    const patient = makePatient(draws, index, chosen);
    const story = { patient, draws, templates, detail, words: wordsOf(patient) };
    for (const note of writeStay(story)) {
      yield { id: String(++made), ...note };
      if (made >= count) return;
    }
  }
}

function checkRange(name: string, value: number, low: number, high: number): void {
  if (Number.isSafeInteger(value) && value >= low && value <= high) return;
  throw new ClinicalBertError(
    "USAGE",
    `${name} is ${value}; it must be a whole number from ${low} to ${high}.`,
  );
}

type Unnumbered = Omit<SyntheticNote, "id">;

/** The notes of one stay in the order of their writing; the discharge summary comes last. */
function* writeStay(story: Story): Generator<Unnumbered, void, undefined> {
  const { patient, draws } = story;
  const rounds = draws.between(1, 2);
  for (let round = 0; round < rounds; round++) {
    const day = patient.admissionDay + Math.min(round, patient.stayDays);
    yield finish(
      patient,
      "Radiology",
      patient.topic.study,
      day,
      drawTime(draws),
      writeRadiologyReport(story, day),
    );
    yield finish(patient, "Nursing/other", "Report", day, drawTime(draws), writeNursingNote(story));
  }
  const lastDay = patient.admissionDay + patient.stayDays;
  yield finish(patient, "Discharge summary", "Report", lastDay, null, writeDischargeSummary(story));
}

function drawTime(draws: Draws): string {
  return `${twoDigits(draws.below(24))}:${twoDigits(draws.below(60))}:00`;
}

function finish(
  patient: Patient,
  category: SyntheticNote["category"],
  description: string,
  day: number,
  clock: string | null,
  text: string,
): Unnumbered {
  const [year, month, dayOfMonth] = calendar(day);
  const date = `${year}-${twoDigits(month)}-${twoDigits(dayOfMonth)}`;
  return {
    text,
    patientId: String(patient.subjectId),
    admissionId: String(patient.admissionId),
    category,
    description,
    date,
    time: clock === null ? null : `${date} ${clock}`,
  };
}

function twoDigits(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}
