/** @file Table 2 of Alsentzer et al. (2019): what a reproduction is held against. Figures only. */

/** Rows of the table, by the names of our pretraining presets. */
export const PAPER_MODELS = [
  "bert",
  "biobert",
  "clinical-bert",
  "discharge-summary-bert",
  "bio-clinical-bert",
  "bio-discharge-summary-bert",
] as const;
export type PaperModel = (typeof PAPER_MODELS)[number];

/** Columns: accuracy of MedNLI, exact-match F1 of the others. */
export const PAPER_TASKS = ["mednli", "i2b2-2006", "i2b2-2010", "i2b2-2012", "i2b2-2014"] as const;
export type PaperTask = (typeof PAPER_TASKS)[number];

/** Per cent, by model, in the order of `PAPER_TASKS`. */
const ROWS: Readonly<Record<PaperModel, readonly number[]>> = {
  bert: [77.6, 93.9, 83.5, 75.9, 92.8],
  biobert: [80.8, 94.8, 86.5, 78.9, 93.0],
  "clinical-bert": [80.8, 91.5, 86.4, 78.5, 92.6],
  "discharge-summary-bert": [80.6, 91.9, 86.4, 78.4, 92.8],
  "bio-clinical-bert": [82.7, 94.7, 87.2, 78.9, 92.5],
  "bio-discharge-summary-bert": [82.7, 94.8, 87.8, 78.9, 92.7],
};

export function paperFigure(model: PaperModel, task: PaperTask): number {
  return ROWS[model][PAPER_TASKS.indexOf(task)]!;
}

/** Who gives the credentialed data, and what to ask for. */
export const WHERE_TO_APPLY: Readonly<Record<PaperTask | "mimic", string>> = {
  mimic:
    "MIMIC-III, table NOTEEVENTS: PhysioNet, https://physionet.org/content/mimiciii/ (credentialed access)",
  mednli: "MedNLI: PhysioNet, https://physionet.org/content/mednli/ (credentialed access)",
  "i2b2-2006": applyAt("2006 de-identification"),
  "i2b2-2010": applyAt("2010 relations (concepts)"),
  "i2b2-2012": applyAt("2012 temporal relations"),
  "i2b2-2014": applyAt("2014 de-identification"),
};

function applyAt(challenge: string): string {
  return `i2b2 ${challenge}: n2c2 data portal of Harvard's DBMI, https://portal.dbmi.hms.harvard.edu/ (data use agreement)`;
}
