/** @file Laboratory panels as MIMIC prints them: `WBC-8.8 RBC-4.1* Hgb-12.2*`, abnormal values starred. */
import { fixed } from "./patient.js";
import { dateOf, type Story } from "./template.js";

type Row = readonly [
  name: string,
  low: number,
  high: number,
  digits: number,
  normalLow: number,
  normalHigh: number,
];

/** Ranges in units of the last digit. */
const PANELS: readonly (readonly Row[])[] = [
  [
    ["WBC", 31, 219, 1, 40, 110],
    ["RBC", 251, 551, 2, 420, 540],
    ["Hgb", 71, 169, 1, 120, 160],
    ["Hct", 214, 489, 1, 360, 480],
    ["MCV", 78, 104, 0, 82, 98],
    ["MCH", 251, 349, 1, 270, 320],
    ["MCHC", 301, 361, 1, 310, 350],
    ["RDW", 121, 189, 1, 105, 155],
    ["Plt Ct", 41, 489, 0, 150, 440],
  ],
  [
    ["Glucose", 61, 289, 0, 70, 105],
    ["UreaN", 6, 89, 0, 6, 20],
    ["Creat", 4, 59, 1, 5, 12],
    ["Na", 126, 151, 0, 133, 145],
    ["K", 29, 61, 1, 33, 51],
    ["Cl", 91, 116, 0, 96, 108],
    ["HCO3", 14, 36, 0, 22, 32],
    ["AnGap", 8, 24, 0, 8, 20],
  ],
  [
    ["ALT", 8, 389, 0, 0, 40],
    ["AST", 9, 412, 0, 0, 40],
    ["AlkPhos", 38, 310, 0, 39, 117],
    ["TotBili", 2, 89, 1, 0, 15],
  ],
];

/** One or more dated panel lines, and one with the patient's own laboratory value. */
export function labPanel(story: Story, panels: number): string {
  const { draws, patient } = story;
  let text = "";
  for (let index = 0; index < panels; index++) {
    text += `${stamp(story)} BLOOD`;
    for (const [name, low, high, digits, normalLow, normalHigh] of PANELS[index % PANELS.length]!) {
      const value = draws.between(low, high);
      const star = value < normalLow || value > normalHigh ? "*" : "";
      text += ` ${name}-${fixed(value, digits)}${star}`;
    }
    text += "\n";
  }
  return `${text}${stamp(story)} BLOOD ${patient.lab.name}-${patient.labValue}*\n`;
}

function stamp({ draws, patient }: Story): string {
  const hour = draws.between(1, 11);
  const half = draws.percent(60) ? "AM" : "PM";
  const day = dateOf(patient.admissionDay + draws.below(patient.stayDays));
  return `${day} ${hour < 10 ? "0" : ""}${hour}:${draws.between(10, 59)}${half}`;
}
