/**
 * @file Synthetic notes with their problems, medications, procedures and tests marked, from the word lists that the notes are made of: examples
 * on which the tagger of the pictures learns. Labels of templates, of no use in measuring a model.
 *
 * Usage: node --import tsx scripts/annotate-synthetic-notes.ts --notes N --seed N > examples.jsonl
 */
import { parseArgs } from "node:util";
import { type Span, synthesizeNotes } from "../src/notes/index.js";
import { TOPICS } from "../src/notes/synthesize/topics.js";

const { values } = parseArgs({ options: { notes: { type: "string" }, seed: { type: "string" } } });

/** Findings of the lines of examination that every note has. */
const EXAM_FINDINGS = [
  "ill appearing",
  "mildly tachypneic",
  "scleral icterus",
  "2/6 systolic murmur",
  "murmurs",
  "tachycardic",
  "decreased breath sounds at bases",
  "mild diffuse tenderness",
  "clubbing",
  "cyanosis",
  "edema",
  "trace edema",
  "fevers",
  "MI",
  "HTN",
  "breast CA",
  "CAD",
];

const ALLERGENS = ["Penicillins", "Sulfa", "Sulfonamide Antibiotics", "Codeine", "Iodine"];

const PHRASES: Readonly<Record<string, readonly string[]>> = {
  Problem: [
    ...TOPICS.flatMap(({ diagnosis, abbreviation, symptoms, signs, findings }) =>
      [diagnosis, abbreviation, ...symptoms, ...signs, ...findings].map((phrase) =>
        phrase.replace(/^an? /, ""),
      ),
    ),
    ...EXAM_FINDINGS,
  ],
  Medication: [
    ...TOPICS.flatMap(({ drugs }) => drugs.flatMap(({ generic, brand }) => [generic, brand])),
    ...ALLERGENS,
  ],
  Procedure: TOPICS.flatMap(({ procedures }) => procedures),
  Test: TOPICS.flatMap(({ labs, study, image }) => [...labs.map(({ name }) => name), study, image]),
};

interface Marked {
  readonly label: string;
  readonly span: Span;
}

/** Lines are wrapped: a blank of a phrase may be a line end. The longest phrase comes first. */
const PATTERNS = Object.entries(PHRASES)
  .flatMap(([label, phrases]) => [...new Set(phrases)].map((phrase) => ({ label, phrase })))
  .sort((a, b) => b.phrase.length - a.phrase.length)
  .map(({ label, phrase }) => {
    const words = phrase.split(" ").map((word) => word.replace(/[^\w]/g, "\\$&"));
    // Abbreviations stand as they are; other phrases may begin a line.
    const flags = /^[A-Z0-9]+$/.test(phrase) ? "g" : "gi";
    return { label, pattern: new RegExp(`(?<![\\w*]|incentive )${words.join("\\s+")}(?!\\w)`, flags) };
  });

/** A name of a laboratory panel, before its value. */
const PANEL = /(?<=\s)[A-Za-z][A-Za-z0-9]*(?: Ct)?(?=-\d)/g;

function marksOf(text: string): Marked[] {
  const marks: Marked[] = [];
  const add = (label: string, start: number, end: number): void => {
    if (marks.every(({ span }) => end <= span[0] || start >= span[1]))
      marks.push({ label, span: [start, end] });
  };
  for (const { label, pattern } of PATTERNS)
    for (const { 0: found, index } of text.matchAll(pattern)) add(label, index, index + found.length);
  for (const { 0: line, index: from } of text.matchAll(/\S+ BLOOD [\s\S]*?(?=\n\[|\n\n)/g))
    for (const { 0: found, index } of line.matchAll(PANEL))
      add("Test", from + index, from + index + found.length);
  return marks.sort((a, b) => a.span[0] - b.span[0]);
}

for (const { id, text } of synthesizeNotes({ seed: Number(values.seed), count: Number(values.notes) }))
  console.log(
    JSON.stringify({
      id,
      text,
      entities: marksOf(text).map(({ label, span }) => ({ label, spans: [span] })),
    }),
  );
