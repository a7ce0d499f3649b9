/** @file Sentence templates: `{slot}` filled from a patient, or drawn anew at each use. */
import { internalError } from "../../errors.js";
import type { Draws } from "./draws.js";
import { calendar, type Patient } from "./patient.js";

/** Which sentence templates a note may use: all, or one side of a split that no template crosses. */
export type TemplateSet = "all" | "training" | "held-out";

/** What the slots of one note are filled from. */
export interface Story {
  readonly patient: Patient;
  readonly draws: Draws;
  readonly templates: TemplateSet;
  readonly words: PatientWords;
}

/** Strings that depend on the patient alone, made once. */
type PatientWords = ReturnType<typeof wordsOf>;

type Slot = (story: Story) => string;

export function wordsOf(patient: Patient) {
  const { topic, drug, comorbidityDrug, lab, male } = patient;
  const labValue = `${lab.name} of ${patient.labValue}`;
  return {
    age: String(patient.age),
    labValue,
    labValueCap: capital(labValue),
    diagnosisCap: capital(topic.diagnosis),
    abbreviationCap: capital(topic.abbreviation),
    imageCap: capital(topic.image),
    comorbidityCap: capital(patient.comorbidity.diagnosis),
    service: topic.service.charAt(0) + topic.service.slice(1).toLowerCase(),
    drug: drug.generic,
    brand: drug.brand,
    drug2: comorbidityDrug.generic,
    brand2: comorbidityDrug.brand,
    noun: male ? "man" : "woman",
    he: male ? "he" : "she",
    heCap: male ? "He" : "She",
    his: male ? "his" : "her",
  };
}

/** Never changes a character before or after the first. */
function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const SLOTS: Readonly<Record<string, Slot>> = {
  age: ({ words }) => words.age,
  man: ({ words }) => words.noun,
  Sex: ({ patient }) => (patient.male ? "Male" : "Female"),
  sex: ({ patient }) => (patient.male ? "M" : "F"),
  he: ({ words }) => words.he,
  He: ({ words }) => words.heCap,
  his: ({ words }) => words.his,
  dx: ({ patient }) => patient.topic.diagnosis,
  dx_cap: ({ words }) => words.diagnosisCap,
  abbr: ({ patient }) => patient.topic.abbreviation,
  abbr_cap: ({ words }) => words.abbreviationCap,
  brand: ({ words }) => words.brand,
  drug: ({ words }) => words.drug,
  dose: ({ patient }) => patient.drug.dose,
  route: ({ patient }) => patient.drug.route,
  freq: ({ patient }) => patient.drug.frequency,
  labval: ({ words }) => words.labValue,
  labval_cap: ({ words }) => words.labValueCap,
  labname: ({ patient }) => patient.lab.name,
  doctor: ({ patient }) => patient.doctor,
  doctor_cap: ({ patient }) => patient.doctor,
  service: ({ words }) => words.service,
  image: ({ patient }) => patient.topic.image,
  image_cap: ({ words }) => words.imageCap,
  comorbid: ({ patient }) => patient.comorbidity.diagnosis,
  comorbid_cap: ({ words }) => words.comorbidityCap,
  drug2: ({ words }) => words.drug2,
  brand2: ({ words }) => words.brand2,
  dose2: ({ patient }) => patient.comorbidityDrug.dose,
  symptom: ({ patient, draws }) => draws.pick(patient.topic.symptoms),
  symptom_cap: ({ patient, draws }) => capital(draws.pick(patient.topic.symptoms)),
  sign: ({ patient, draws }) => draws.pick(patient.topic.signs),
  finding: ({ patient, draws }) => draws.pick(patient.topic.findings),
  finding_cap: ({ patient, draws }) => capital(draws.pick(patient.topic.findings)),
  procedure: ({ patient, draws }) => draws.pick(patient.topic.procedures),
  procedure_cap: ({ patient, draws }) => capital(draws.pick(patient.topic.procedures)),
  event: ({ patient, draws }) => draws.pick(patient.topic.events),
  n: ({ draws }) => DIGITS[draws.between(2, 9)]!,
  hr: ({ draws }) => String(draws.between(58, 128)),
  bp: ({ draws }) => `${draws.between(88, 178)}/${draws.between(44, 98)}`,
  sat: ({ draws }) => String(draws.between(88, 99)),
  date: (story) => dateOf(story.patient.admissionDay + story.draws.below(story.patient.stayDays)),
  time: ({ draws }) =>
    `${draws.between(1, 11)}:${draws.between(10, 59)} ${draws.percent(50) ? "a.m." : "p.m."}`,
};

const DIGITS = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"] as const;

/** `[**2151-7-16**]`, as MIMIC-III writes a shifted date. */
export function dateOf(day: number): string {
  const [year, month, date] = calendar(day);
  return `[**${year}-${month}-${date}**]`;
}

interface CompiledTemplate {
  readonly first: string;
  readonly slots: readonly Slot[];
  /** The literal text after each slot. */
  readonly literals: readonly string[];
}

function compile(template: string): CompiledTemplate {
  const [first, ...pieces] = template.split("{");
  const slots: Slot[] = [];
  const literals: string[] = [];
  for (const piece of pieces) {
    const end = piece.indexOf("}");
    const slot = SLOTS[piece.slice(0, end)];
    if (slot === undefined) throw internalError(`a note template has no slot {${piece.slice(0, end)}}.`);
    slots.push(slot);
    literals.push(piece.slice(end + 1));
  }
  return { first: first!, slots, literals };
}

function fill({ first, slots, literals }: CompiledTemplate, story: Story): string {
  let text = first;
  for (let index = 0; index < slots.length; index++) text += slots[index]!(story) + literals[index]!;
  return text;
}

/** Every third template of a list is held out; set phrases, of which there are fewer, are not. */
const HELD_OUT_EVERY = 3;
const FEWEST_TO_SPLIT = 6;

export interface TemplateList {
  /** One sentence or paragraph, from a template drawn out of the story's template set. */
  write(story: Story): string;
  /** `count` different sentences joined by a space; fewer when the set has fewer templates. */
  writeSome(story: Story, count: number): string;
}

/** A list of templates of which every third is held out. Shorter lists (set phrases) are the same on both sides. */
export function templateList(templates: readonly string[]): TemplateList {
  const compiled = templates.map(compile);
  const splits = compiled.length >= FEWEST_TO_SPLIT;
  const isHeldOut = (index: number): boolean => index % HELD_OUT_EVERY === HELD_OUT_EVERY - 1;
  const sets: Record<TemplateSet, readonly CompiledTemplate[]> = {
    all: compiled,
    training: splits ? compiled.filter((_, index) => !isHeldOut(index)) : compiled,
    "held-out": splits ? compiled.filter((_, index) => isHeldOut(index)) : compiled,
  };
  return {
    write: (story) => fill(story.draws.pick(sets[story.templates]), story),
    writeSome(story, count) {
      const set = sets[story.templates];
      const wanted = Math.min(count, set.length);
      const used: number[] = [];
      let text = "";
      while (used.length < wanted) {
        const place = story.draws.below(set.length);
        if (used.includes(place)) continue;
        text += (used.length === 0 ? "" : " ") + fill(set[place]!, story);
        used.push(place);
      }
      return text;
    },
  };
}
