/** @file Writes a synthetic nursing progress note. */
import { type Story, templateList } from "./template.js";
import * as nursing from "./templates/nursing-templates.js";
import { hidePlaceholders, wrap } from "./wrap.js";

const SYSTEMS = [
  ["Neuro", templateList(nursing.NEURO)],
  ["CV", templateList(nursing.CARDIOVASCULAR)],
  ["Resp", templateList(nursing.RESPIRATORY)],
  ["GI", templateList(nursing.GASTROINTESTINAL)],
  ["GU", templateList(nursing.GENITOURINARY)],
] as const;
const PLAN = templateList(nursing.NURSING_PLAN);

const SHIFTS = ["NPN 7a-7p", "NPN 7p-7a", "Nursing Progress Note 1900-0700", "MICU NPN 0700-1900"] as const;

/** The whole note, hard-wrapped. */
export function writeNursingNote(story: Story): string {
  const { patient, draws } = story;
  const complaint = draws.pick(patient.topic.symptoms);
  let text = `${draws.pick(SHIFTS)}\nS: "I still have ${complaint} from the ${patient.topic.abbreviation} on ${patient.drug.brand}."\nO: Please see carevue for complete assessment of ${patient.topic.abbreviation}, ${patient.drug.brand} given as ordered.\n`;
  for (const [label, templates] of SYSTEMS) text += `${label}: ${templates.write(story)}\n`;
  return wrap(hidePlaceholders(`${text}A/P: ${PLAN.writeSome(story, 2)}\n`, patient), patient.width);
}
