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
import { writeProgressNote } from "./progress-note.js";
import { writeRadiologyReport } from "./radiology-report.js";
import { type Story, type TemplateSet, wordsOf } from "./template.js";
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
  /** Kinds of notes to make (default: all). */
  readonly categories?: readonly SyntheticCategory[];
}

/** Kinds of notes, named as in MIMIC-III. `Physician` notes are short statements, the easiest for a small model. */
export const SYNTHETIC_CATEGORIES = ["Radiology", "Nursing/other", "Physician", "Discharge summary"] as const;

export type SyntheticCategory = (typeof SYNTHETIC_CATEGORIES)[number];

/** A note with the further columns of MIMIC-III's NOTEEVENTS. */
export interface SyntheticNote extends Note {
  readonly patientId: string;
  readonly admissionId: string;
  readonly category: SyntheticCategory;
  readonly description: string;
  /** `2151-07-16`. */
  readonly date: string;
  /** `2151-07-16 09:12:00`; `null` for discharge summaries, as in MIMIC-III. */
  readonly time: string | null;
}

export const SYNTHETIC_TOPICS = TOPICS.length;

/** Notes of one patient after another, ids counted from 1. Throws `USAGE` for a number outside its range. */
export function* synthesizeNotes(options: SynthesizeOptions): Generator<SyntheticNote, void, undefined> {
  const {
    seed,
    firstPatient = 0,
    topics = SYNTHETIC_TOPICS,
    templates = "all",
    categories = SYNTHETIC_CATEGORIES,
  } = options;
  const count = options.count ?? Number.POSITIVE_INFINITY;
  checkRange("seed", seed, 0, Number.MAX_SAFE_INTEGER);
  checkRange("firstPatient", firstPatient, 0, 2 ** 31);
  checkRange("topics", topics, 1, SYNTHETIC_TOPICS);
  if (count !== Number.POSITIVE_INFINITY) checkRange("count", count, 0, Number.MAX_SAFE_INTEGER);
  if (!SYNTHETIC_CATEGORIES.some((category) => categories.includes(category)))
    throw new ClinicalBertError("USAGE", `categories must name some of ${SYNTHETIC_CATEGORIES.join(", ")}.`);
  const chosen = TOPICS.slice(0, topics);
  let made = 0;
  for (let index = firstPatient; made < count; index++) {
    const draws = new Draws(seed, index);
    const patient = makePatient(draws, index, chosen);
    const story = { patient, draws, templates, words: wordsOf(patient) };
    for (const note of writeStay(story, categories)) {
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

const WRITERS: Readonly<Record<SyntheticCategory, (story: Story, day: number) => string>> = {
  Radiology: writeRadiologyReport,
  "Nursing/other": writeNursingNote,
  Physician: writeProgressNote,
  "Discharge summary": writeDischargeSummary,
};

/** The notes of one stay in the order of their writing; the discharge summary comes last. */
function* writeStay(
  story: Story,
  categories: readonly SyntheticCategory[],
): Generator<Unnumbered, void, undefined> {
  const { patient, draws } = story;
  const rounds = draws.between(1, 2);
  for (let round = 1; round <= rounds; round++) {
    for (const category of SYNTHETIC_CATEGORIES) {
      const isSummary = category === "Discharge summary";
      if (!categories.includes(category) || (isSummary && round < rounds)) continue;
      const day = patient.admissionDay + (isSummary ? patient.stayDays : round - 1);
      const description = category === "Radiology" ? patient.topic.study : "Report";
      const clock = isSummary ? null : drawTime(draws);
      yield finish(patient, category, description, day, clock, WRITERS[category](story, day));
    }
  }
}

function drawTime(draws: Draws): string {
  return `${twoDigits(draws.below(24))}:${twoDigits(draws.below(60))}:00`;
}

function finish(
  patient: Patient,
  category: SyntheticCategory,
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
