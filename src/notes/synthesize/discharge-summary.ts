/** @file Writes a synthetic discharge summary. */
import { labPanel } from "./lab-panel.js";
import { calendar } from "./patient.js";
import { dateOf, type Story, templateList } from "./template.js";
import * as discharge from "./templates/discharge-templates.js";
import * as exam from "./templates/exam-templates.js";
import { IMPRESSION as IMPRESSION_TEMPLATES } from "./templates/radiology-templates.js";
import type { Drug } from "./topic.js";
import { hidePlaceholders, wrap } from "./wrap.js";

const OPENING = templateList(discharge.OPENING);
const HISTORY = templateList(discharge.HISTORY_OF_PRESENT_ILLNESS);
const COURSE = templateList(discharge.HOSPITAL_COURSE);
const COMORBIDITY = templateList(discharge.COMORBIDITY_COURSE);
const INSTRUCTIONS = templateList(discharge.INSTRUCTIONS);
const FOLLOW_UP = templateList(discharge.FOLLOW_UP);
const IMPRESSION = templateList(IMPRESSION_TEMPLATES);
const VITALS = templateList(exam.VITALS);
const SOCIAL = templateList(exam.SOCIAL);
const FAMILY = templateList(exam.FAMILY);
const FACILITY = templateList(exam.FACILITY);

const EXAM_LINES = [
  ["Gen", exam.GENERAL],
  ["HEENT", exam.HEENT],
  ["CV", exam.HEART],
  ["Lungs", exam.LUNGS],
  ["Abd", exam.ABDOMEN],
  ["Ext", exam.EXTREMITIES],
] as const;

/** The whole note, hard-wrapped. */
export function writeDischargeSummary(story: Story): string {
  const { patient, draws } = story;
  const parts = [header, presentIllness, background, examination, course, medications, departure, advice];
  const body = parts.map((write) => write(story)).join("\n");
  const [year, month, day] = calendar(patient.admissionDay + patient.stayDays);
  const signed = draws.percent(40)
    ? `\n\n                             ${patient.doctor}, MD\n\nDictated By:[**Doctor First Name ${draws.between(2, 99)}**]\n\nMEDQUIST36\n\nD: ${month}/${day}/${year}  T: ${draws.between(1, 12)}:${draws.between(10, 59)}\nJOB#: [**Job Number ${draws.between(1000, 99_999)}**]\n`
    : "\n";
  return wrap(hidePlaceholders(body, patient), patient.width) + hidePlaceholders(signed, patient);
}

function header({ patient, draws }: Story): string {
  const { topic } = patient;
  const birth = dateOf(patient.admissionDay - patient.age * 365 - draws.below(365));
  const symptom = draws.pick(topic.symptoms);
  const procedure = draws.percent(70) ? draws.pick(topic.procedures) : "None";
  return `Admission Date:  ${dateOf(patient.admissionDay)}              Discharge Date:   ${dateOf(patient.admissionDay + patient.stayDays)}

Date of Birth:  ${birth}             Sex:   ${patient.male ? "M" : "F"}

Service: ${topic.service}

Allergies:
${draws.pick(exam.ALLERGIES)}

Attending:[**First Name3 (LF) ${draws.between(100, 999)}**]

Chief Complaint:
${symptom}, ${topic.abbreviation}

Major Surgical or Invasive Procedure:
${procedure}
`;
}

function presentIllness(story: Story): string {
  return `History of Present Illness:
${OPENING.write(story)} ${HISTORY.writeSome(story, story.draws.between(3, 6))}
`;
}

function background(story: Story): string {
  const { patient, draws } = story;
  const { topic, comorbidity } = patient;
  return `Past Medical History:
1. ${topic.diagnosis} (${topic.abbreviation}), on ${patient.drug.brand}
2. ${comorbidity.diagnosis}, on ${patient.comorbidityDrug.brand}
3. s/p ${draws.pick(topic.procedures)} by ${patient.doctor}

Social History:
${SOCIAL.write(story)}

Family History:
${FAMILY.write(story)}
`;
}

function examination(story: Story): string {
  const { patient, draws } = story;
  let text = `Physical Exam:\n${VITALS.write(story)}\n`;
  for (const [label, phrases] of EXAM_LINES) text += `${label}: ${draws.pick(phrases)}\n`;
  text += `Pertinent: ${draws.pick(patient.topic.signs)}, ${draws.pick(patient.topic.signs)}\n`;
  text += `\nPertinent Results:\n${labPanel(story, draws.between(1, 3))}`;
  return `${text}\n${patient.topic.study}: ${IMPRESSION.write(story)}\n`;
}

function course(story: Story): string {
  const main = COURSE.writeSome(story, story.draws.between(4, 7));
  return `Brief Hospital Course:\n# ${story.patient.topic.abbreviation}: ${main}\n\n# ${COMORBIDITY.write(story)}\n`;
}

function medications({ patient, draws }: Story): string {
  const { drug, comorbidityDrug, topic } = patient;
  const other = draws.pick(topic.drugs);
  const admission = [drug, comorbidityDrug];
  const prescribed = other === drug ? admission : [drug, other, comorbidityDrug];
  const brief = admission
    .map((each, index) => `${index + 1}. ${each.brand} ${each.dose} ${each.route} ${each.frequency}`)
    .join("\n");
  const full = prescribed
    .map((each, index) => `${index + 1}. ${prescription(each, draws.between(1, 4))}`)
    .join("\n");
  return `Medications on Admission:\n${brief}\n\nDischarge Medications:\n${full}\n`;
}

const COUNTS = ["zero", "One", "Two", "Three", "Four"] as const;

function prescription(drug: Drug, tablets: number): string {
  const form = drug.route === "PO" ? "Tablet" : "Dose";
  return `${drug.generic} (${drug.brand}) ${drug.dose} ${form} Sig: ${COUNTS[tablets]} (${tablets}) ${form} ${drug.route} ${drug.frequency}.`;
}

function departure(story: Story): string {
  const { patient, draws } = story;
  const disposition = draws.pick(exam.DISPOSITION);
  const facility = disposition === "Extended Care" ? `\n\nFacility:\n${FACILITY.write(story)}` : "";
  return `Discharge Disposition:
${disposition}${facility}

Discharge Diagnosis:
Primary: ${patient.topic.diagnosis}
Secondary: ${patient.comorbidity.diagnosis}

Discharge Condition:
${draws.pick(exam.CONDITION)}
`;
}

function advice(story: Story): string {
  const { patient, draws } = story;
  const greeting = `Dear ${patient.male ? "Mr." : "Ms."} ${patient.lastName},\n`;
  return `Discharge Instructions:
${greeting}${INSTRUCTIONS.writeSome(story, draws.between(3, 5))}

Followup Instructions:
${FOLLOW_UP.writeSome(story, 2)}
`;
}
