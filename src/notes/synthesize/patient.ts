/** @file A synthetic patient: one main diagnosis with its drug, laboratory value and physician, which recur in every note. */
import type { Draws } from "./draws.js";
import type { Drug, Lab, Topic } from "./topic.js";

export interface Patient {
  /** MIMIC's SUBJECT_ID. */
  readonly subjectId: number;
  /** MIMIC's HADM_ID. */
  readonly admissionId: number;
  readonly male: boolean;
  readonly age: number;
  readonly topic: Topic;
  readonly comorbidity: Topic;
  readonly drug: Drug;
  readonly comorbidityDrug: Drug;
  readonly lab: Lab;
  /** The one value of `lab` that the whole stay speaks of. */
  readonly labValue: string;
  /** `Dr. [**Last Name (STitle) 4821**]`, the patient's own physician. */
  readonly doctor: string;
  readonly lastName: string;
  /** Day of admission in days since 1970 (in the 22nd century, as MIMIC shifts dates). */
  readonly admissionDay: number;
  readonly stayDays: number;
  /** Column of the hard wraps. */
  readonly width: number;
  /** MIMIC-IV writes `___` where MIMIC-III writes `[**…**]`. */
  readonly underscores: boolean;
}

const FIRST_DAY = 47_482; // 2100-01-01
const LAST_DAY = 84_005; // 2200-01-01
/** MIMIC-IV's style of placeholder is the rarer one here: it names no physician, so nothing recurs in it. */
const UNDERSCORE_PERCENT = 8;

/** The patient number `index` of a seed; the same for every length of the run. */
export function makePatient(draws: Draws, index: number, topics: readonly Topic[]): Patient {
  const topic = draws.pick(topics);
  const others = topics.filter((other) => other !== topic);
  const comorbidity = others.length === 0 ? topic : draws.pick(others);
  const lab = draws.pick(topic.labs);
  const scale = 10 ** lab.digits;
  const labValue = draws.between(Math.round(lab.low * scale), Math.round(lab.high * scale));
  return {
    subjectId: 10_000 + index,
    admissionId: 100_000 + index,
    male: draws.percent(52),
    age: draws.between(24, 89),
    topic,
    comorbidity,
    drug: draws.pick(topic.drugs),
    comorbidityDrug: draws.pick(comorbidity.drugs),
    lab,
    labValue: fixed(labValue, lab.digits),
    doctor: `Dr. [**Last Name (STitle) ${draws.between(1000, 9999)}**]`,
    lastName: `[**Known lastname ${draws.between(1000, 9999)}**]`,
    admissionDay: draws.between(FIRST_DAY, LAST_DAY),
    stayDays: draws.between(2, 14),
    width: draws.between(72, 80),
    underscores: draws.percent(UNDERSCORE_PERCENT),
  };
}

/** `scaled / 10^digits` in decimal, from integers alone. */
export function fixed(scaled: number, digits: number): string {
  if (digits === 0) return String(scaled);
  const text = String(scaled).padStart(digits + 1, "0");
  return `${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

/** Year, month and day of a day number. */
export function calendar(day: number): readonly [year: number, month: number, day: number] {
  const date = new Date(day * 86_400_000);
  return [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()];
}
