/** @file Writes a synthetic progress note of a physician: short statements that follow the course of the stay. */
import { type Story, type TemplateList, templateList } from "./template.js";
import { DISEASE_CLAUSES, DRUG_CLAUSES } from "./templates/progress-templates.js";
import { hidePlaceholders, wrap } from "./wrap.js";

const [DISEASES, DRUGS] = [DISEASE_CLAUSES.length, DRUG_CLAUSES.length];

/**
 * `STATEMENTS[i][j]` joins clauses i and j. Those with (j − i) mod 3 = 2 are held out: a whole note keeps to one difference, and
 * every clause is on both sides of the split.
 */
export const STATEMENTS: readonly (readonly string[])[] = DISEASE_CLAUSES.map((disease) =>
  DRUG_CLAUSES.map((drug) => `${disease}, ${drug}.`),
);

const LISTS: readonly (readonly TemplateList[])[] = STATEMENTS.map((row) =>
  row.map((one) => templateList([one])),
);

/** Both kinds of clauses advance together, mostly by one: a later sentence tells of a later part of the stay. */
const STEP_BY_ONE_PERCENT = 80;

/** The whole note, hard-wrapped: two paragraphs of statements. */
export function writeProgressNote(story: Story): string {
  const { patient, draws } = story;
  let disease = draws.below(DISEASES);
  let drug = disease + drawDifference(story);
  const write = (count: number): string => {
    let text = "";
    for (let written = 0; written < count; written++) {
      text += (written === 0 ? "" : " ") + LISTS[disease % DISEASES]![drug % DRUGS]!.write(story);
      const step = draws.percent(STEP_BY_ONE_PERCENT) ? 1 : 2;
      disease += step;
      drug += step;
    }
    return text;
  };
  const text = `Interval History: ${write(draws.between(6, 10))}\n\nAssessment and Plan: ${write(draws.between(5, 8))}\n`;
  return wrap(hidePlaceholders(text, patient), patient.width);
}

/** A difference j − i that belongs to the story's side of the split. */
function drawDifference({ draws, templates }: Story): number {
  const third = DRUGS / 3;
  const residue = templates === "held-out" ? 2 : draws.below(templates === "training" ? 2 : 3);
  return residue + 3 * draws.below(third);
}
