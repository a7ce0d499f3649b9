/**
 * @file The measures of the i2b2 2014 de-identification track (kotfic/i2b2_evaluation_scripts at acbfd4e): whole PHI strictly, with an end that
 * may be two characters off (relaxed), and by tokens of letters and digits; each also for the classes that HIPAA names, without
 * classes ("binary"), and for each category. Quirks kept, by name:
 * - *IDNUM*: the HIPAA list has "IDNUM " with a blank, so IDNUM is not among HIPAA's classes.
 * - *prefix*: HIPAA's names are matched at the beginning, so that `PHONE` also takes `PHONE-HOME`.
 * - *relaxed sets*: with an end that may be off, PHI that begin alike can be equal to several; they are put into sets, of which the
 *   first stays, and the smaller set is looked up in the larger.
 * - *case*: classes of PHI are compared in upper case, those of tokens as they stand.
 * - *nan*: where both means are 0 the script's F1 of the means is nan; here it is 0.
 * - *common documents*: documents that the system leaves out are not counted by the script; here they are refused.
 */
import { ClinicalBertError } from "../../errors.js";
import { spanConverter } from "../../notes/offset-units.js";
import type { EntityExample } from "../example.js";
import { phiCategory } from "../phi-categories.js";
import { harmonicMean, mean } from "./rates.js";

/** A PHI in code points of its document. */
export interface PhiTag {
  /** The category (`NAME`), `TAGS`' element name. */
  readonly name: string;
  /** The class (`PATIENT`). */
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

export interface DeidDocument {
  readonly id: string;
  readonly text: string;
  readonly tags: readonly PhiTag[];
}

export interface DeidMeasure {
  /** `Token`, `Strict`, `Relaxed`, `HIPAA Token` …, `NAME Strict` …; the script writes HIPPA for HIPAA in its token measures. */
  readonly name: string;
  readonly micro: { readonly precision: number; readonly recall: number; readonly f1: number };
  /** Means over documents, their population deviations, and the F1 of the means. */
  readonly macro: {
    readonly precision: number;
    readonly recall: number;
    readonly f1: number;
    readonly precisionDeviation: number;
    readonly recallDeviation: number;
  };
  readonly correct: number;
  readonly spurious: number;
  readonly missed: number;
}

/** Every measure of the script, in its order. Throws `SCORE_MISMATCH` when the documents or their texts differ. */
export function scoreDeid(
  gold: readonly DeidDocument[],
  predicted: readonly DeidDocument[],
): readonly DeidMeasure[] {
  const predictions = new Map(predicted.map((document) => [document.id, document]));
  const pairs = gold.map((document): Pair => {
    const prediction = predictions.get(document.id);
    if (prediction === undefined || prediction.text !== document.text)
      throw new ClinicalBertError(
        "SCORE_MISMATCH",
        `${document.id}: the prediction ${prediction === undefined ? "lacks it" : "has another text"}.`,
        { details: { id: document.id } },
      );
    return [document, prediction];
  });
  if (predictions.size !== gold.length)
    throw new ClinicalBertError(
      "SCORE_MISMATCH",
      `Gold has ${gold.length} documents, the prediction ${predictions.size}.`,
      { details: { gold: gold.length, predicted: predictions.size } },
    );
  return MEASURES.map((measure) => runMeasure(measure, pairs));
}

/** The PHI of an example; labels may be classes (`PATIENT`) or categories. Only the hull of a discontinuous one counts. */
export function deidDocument({ id, text, entities }: EntityExample): DeidDocument {
  const convert = spanConverter(text, "codepoint");
  return {
    id,
    text,
    tags: entities.map(({ label, category, spans }) => {
      const [start, end] = convert([spans[0]![0], spans.at(-1)![1]]);
      return { name: category ?? phiCategory(label) ?? "PHI", type: label, start, end };
    }),
  };
}

type Pair = readonly [gold: DeidDocument, predicted: DeidDocument];

interface Measure {
  readonly name: string;
  readonly unit: "token" | "tag";
  /** Characters that an end may be off. */
  readonly reach: number;
  /** Compare places alone. */
  readonly binary: boolean;
  readonly keeps: (tag: PhiTag) => boolean;
}

/** evaluate.py's `HIPAA_regexes`, matched at the beginning of name and type. */
const HIPAA: readonly (readonly [name: string, type: string])[] = [
  ["NAME", "PATIENT"],
  ["LOCATION", "CITY"],
  ["LOCATION", "STREET"],
  ["LOCATION", "ZIP"],
  ["LOCATION", "ORGANIZATION"],
  ["DATE", ""],
  ["CONTACT", "PHONE"],
  ["CONTACT", "FAX"],
  ["CONTACT", "EMAIL"],
  ["ID", "SSN"],
  ["ID", "MEDICALRECORD"],
  ["ID", "HEALTHPLAN"],
  ["ID", "ACCOUNT"],
  ["ID", "LICENSE"],
  ["ID", "VEHICLE"],
  ["ID", "DEVICE"],
  ["ID", "BIOID"],
  ["ID", "IDNUM "],
  ["AGE", ""],
];

function isHipaa(tag: PhiTag): boolean {
  return HIPAA.some(([name, type]) => tag.name.startsWith(name) && tag.type.startsWith(type));
}

const RELAXED = 2;

/** `PHITrackEvaluation.__init__`, in its order. */
const MEASURES: readonly Measure[] = [
  ...[false, true].flatMap((hipaa): Measure[] => {
    const keeps = hipaa ? isHipaa : () => true;
    const prefix = hipaa ? "HIPAA " : "";
    return [
      { name: `${prefix}Token`, unit: "token", reach: 0, binary: false, keeps },
      { name: `${prefix}Strict`, unit: "tag", reach: 0, binary: false, keeps },
      { name: `${prefix}Relaxed`, unit: "tag", reach: RELAXED, binary: false, keeps },
    ];
  }),
  ...[false, true].flatMap((hipaa): Measure[] => {
    const keeps = hipaa ? isHipaa : () => true;
    const prefix = hipaa ? "Binary HIPAA " : "Binary ";
    return [
      { name: `${prefix}Token`, unit: "token", reach: 0, binary: true, keeps },
      { name: `${prefix}Strict`, unit: "tag", reach: 0, binary: true, keeps },
    ];
  }),
  ...["NAME", "PROFESSION", "LOCATION", "AGE", "DATE", "CONTACT", "ID", "OTHER"].flatMap((name) =>
    [false, true].flatMap((hipaa): Measure[] => {
      const keeps = (tag: PhiTag): boolean => tag.name === name && (!hipaa || isHipaa(tag));
      const prefix = hipaa ? `${name} HIPAA` : name;
      return [
        { name: `${prefix} Token`, unit: "token", reach: 0, binary: false, keeps },
        { name: `${prefix} Strict`, unit: "tag", reach: 0, binary: false, keeps },
      ];
    }),
  ),
];

function runMeasure(measure: Measure, pairs: readonly Pair[]): DeidMeasure {
  const rates: [number, number][] = [];
  let [correct, spurious, missed] = [0, 0, 0];
  for (const [gold, predicted] of pairs) {
    const truth = collect(measure, gold);
    const guess = collect(measure, predicted);
    const both = sharedCount(truth, guess, measure.reach);
    const falseOnes = guess.filter((item) => !contains(truth, item, measure.reach)).length;
    const missing = truth.filter((item) => !contains(guess, item, measure.reach)).length;
    rates.push([share(both, falseOnes), share(both, missing)]);
    correct += both;
    spurious += falseOnes;
    missed += missing;
  }
  const precisions = rates.map(([precision]) => precision);
  const recalls = rates.map(([, recall]) => recall);
  const [precision, recall] = [share(correct, spurious), share(correct, missed)];
  return {
    name: measure.name,
    micro: { precision, recall, f1: harmonicMean(precision, recall) },
    macro: {
      precision: mean(precisions),
      recall: mean(recalls),
      f1: harmonicMean(mean(precisions), mean(recalls)),
      precisionDeviation: deviation(precisions),
      recallDeviation: deviation(recalls),
    },
    correct,
    spurious,
    missed,
  };
}

function share(hits: number, others: number): number {
  return hits + others === 0 ? 0 : hits / (hits + others);
}

function deviation(values: readonly number[]): number {
  const middle = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - middle) ** 2)));
}

interface Item {
  /** All but the end. */
  readonly key: string;
  readonly end: number;
}

/** The set of a document: of items that are equal to one before, the first stays. */
function collect({ unit, binary, keeps, reach }: Measure, { text, tags }: DeidDocument): Item[] {
  const points = unit === "token" ? [...text] : [];
  const items: Item[] = [];
  const seen = new Map<string, Item[]>();
  const add = (key: string, end: number): void => {
    const alike = seen.get(key) ?? [];
    if (alike.some((other) => Math.abs(other.end - end) <= reach)) return;
    const item = { key, end };
    items.push(item);
    seen.set(key, [...alike, item]);
  };
  for (const tag of tags) {
    if (!keeps(tag)) continue;
    if (unit === "tag")
      add(
        binary ? String(tag.start) : [tag.name.toUpperCase(), tag.type.toUpperCase(), tag.start].join(" "),
        tag.end,
      );
    else
      for (const [start, end] of phiTokens(points.slice(tag.start, tag.end).join(""), tag.start))
        add(binary ? String(start) : [tag.name, tag.type, start].join(" "), end);
  }
  return items;
}

/** Runs of ASCII letters and digits; a PHI without one has one empty token at its end. */
function phiTokens(text: string, from: number): [start: number, end: number][] {
  const tokens: [number, number][] = [];
  let open = -1;
  let at = from;
  for (const character of text) {
    const inside = /^[a-zA-Z0-9]$/.test(character);
    if (inside && open < 0) open = at;
    if (!inside && open >= 0) {
      tokens.push([open, at]);
      open = -1;
    }
    at += 1;
  }
  if (open >= 0) tokens.push([open, at]);
  return tokens.length === 0 ? [[at, at]] : tokens;
}

function contains(items: readonly Item[], { key, end }: Item, reach: number): boolean {
  return items.some((item) => item.key === key && Math.abs(item.end - end) <= reach);
}

/** Python's `gold.intersection(system)`: goes through the smaller set; of equally large ones the system's. */
function sharedCount(gold: readonly Item[], system: readonly Item[], reach: number): number {
  const [small, large] = system.length > gold.length ? [gold, system] : [system, gold];
  return small.filter((item) => contains(large, item, reach)).length;
}
