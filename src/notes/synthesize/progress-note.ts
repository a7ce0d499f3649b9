/** @file Writes a synthetic progress note of a physician: short statements, each about the patient's own disease and drug. */
import { type Story, templateList } from "./template.js";
import { DISEASE_CLAUSES, DRUG_CLAUSES } from "./templates/progress-templates.js";
import { hidePlaceholders, wrap } from "./wrap.js";

/** Statement i·12 + j joins clauses i and j; held out along diagonals, so that every clause is on both sides. */
export const STATEMENTS = DISEASE_CLAUSES.flatMap((disease) =>
  DRUG_CLAUSES.map((drug) => `${disease}, ${drug}.`),
);

const STATEMENT_LIST = templateList(
  STATEMENTS,
  (index) => (Math.floor(index / DRUG_CLAUSES.length) + (index % DRUG_CLAUSES.length)) % 3 === 2,
);

/** The whole note, hard-wrapped: two paragraphs of statements. */
export function writeProgressNote(story: Story): string {
  const { patient, draws } = story;
  const events = STATEMENT_LIST.writeSome(story, draws.between(6, 10));
  const plan = STATEMENT_LIST.writeSome(story, draws.between(5, 8));
  const text = `Interval History: ${events}\n\nAssessment and Plan: ${plan}\n`;
  return wrap(hidePlaceholders(text, patient), patient.width);
}
