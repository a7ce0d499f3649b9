/** @file Writes a synthetic radiology report. */
import { dateOf, type Story, templateList } from "./template.js";
import * as radiology from "./templates/radiology-templates.js";
import { hidePlaceholders, wrap } from "./wrap.js";

const INDICATION = templateList(radiology.INDICATION);
const FINDINGS = templateList(radiology.FINDINGS);
const IMPRESSION = templateList(radiology.IMPRESSION);

const RULE = "_".repeat(78);

/** The whole report of the study done on `day` (days since 1970); every line starts with a space, as in MIMIC-III. */
export function writeRadiologyReport(story: Story, day: number): string {
  const { patient, draws } = story;
  const { topic } = patient;
  const time = `${draws.between(1, 12)}:${draws.between(10, 59)} ${draws.percent(50) ? "AM" : "PM"}`;
  const man = patient.male ? "man" : "woman";
  const finding = draws.pick(topic.findings);
  const second = draws.percent(35) ? `\n 2. ${IMPRESSION.write(story)}` : "";
  const head = `${dateOf(day)} ${time}
 ${topic.study.padEnd(60)} Clip # [**Clip Number (Radiology) ${draws.between(1000, 99_999)}**]
 Reason: ? ${finding}
 Admitting Diagnosis: ${topic.diagnosis.toUpperCase()}
 ${RULE}
 [**Hospital ${draws.between(2, 99)}**] MEDICAL CONDITION:
  ${patient.age} year old ${man} with ${topic.diagnosis} on ${patient.drug.brand}
 REASON FOR THIS EXAMINATION:
  ? ${finding}
 ${RULE}
                                 FINAL REPORT
`;
  const body = `INDICATION:  ${INDICATION.write(story)}

COMPARISON:  ${dateOf(patient.admissionDay - draws.between(1, 300))}.

FINDINGS:  ${FINDINGS.writeSome(story, draws.between(3, 6))}

IMPRESSION:

1. ${IMPRESSION.write(story)}${second}
`;
  return hidePlaceholders(head, patient) + indent(wrap(hidePlaceholders(body, patient), patient.width - 1));
}

function indent(text: string): string {
  let indented = "";
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf("\n", start);
    indented += end === start ? " \n" : ` ${text.slice(start, end + 1)}`;
    start = end + 1;
  }
  return indented;
}
