/**
 * @file seqeval 1.2.2 (Nakayama 2018): the default mode (`get_entities`, much like conlleval) and the strict mode with the schemes
 * IOB1, IOB2, IOE1, IOE2, IOBES and BILOU. Quirks kept, by name:
 * - *first letter* (default mode): a tag is its first letter, so `OTHER` is outside and `BLOC` begins `LOC`.
 * - *underscore*: a tag without a class has the class `_`.
 * - *outside has a class* (default mode): `O` has the class `_`, so that an untyped `I` after `O` needs the pair rule to begin.
 * - *strip* (strict mode): hyphens are stripped from both ends of a class.
 */
import { ClinicalBertError } from "../../errors.js";
import { compareCodePoints } from "../../tokens/train-vocabulary.js";
import { roundHalfEven } from "./conlleval.js";
import { mean, type Rates, ratesOf } from "./rates.js";
import { type StrictScheme, strictEntities } from "./seqeval-schemes.js";

export interface SeqevalOptions {
  /** With a scheme: `mode="strict", scheme=…`; without: the default mode. */
  readonly strict?: StrictScheme;
}

export interface SeqevalAverage {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  readonly support: number;
}

export interface SeqevalResult {
  /** By class, in the order of the report. */
  readonly classes: readonly (readonly [label: string, rates: Rates])[];
  readonly micro: SeqevalAverage;
  readonly macro: SeqevalAverage;
  readonly weighted: SeqevalAverage;
  /** What `classification_report(…, digits=digits)` returns. */
  report(digits?: number): string;
}

/** One entity: class, first and last word (strict mode: the word behind the last), and its sentence in strict mode. */
export type EntityKey = string;

/** Scores tags sentence by sentence. Throws `SCORE_MISMATCH` for other lengths, `SCORE_MALFORMED` for a tag that the scheme does not have. */
export function seqeval(
  gold: readonly (readonly string[])[],
  predicted: readonly (readonly string[])[],
  { strict }: SeqevalOptions = {},
): SeqevalResult {
  requireEqualLengths(gold, predicted);
  const extract =
    strict === undefined ? defaultEntities : (tags: typeof gold) => strictEntities(tags, strict);
  const goldEntities = extract(gold);
  const predictedEntities = extract(predicted);
  const labels = [...new Set([...goldEntities.keys(), ...predictedEntities.keys()])].sort(compareCodePoints);
  const classes = labels.map((label) => {
    const truth = goldEntities.get(label) ?? new Set<EntityKey>();
    const guess = predictedEntities.get(label) ?? new Set<EntityKey>();
    let correct = 0;
    for (const key of guess) if (truth.has(key)) correct += 1;
    return [label, ratesOf({ gold: truth.size, predicted: guess.size, correct })] as const;
  });
  const rates = classes.map(([, each]) => each);
  const sum = (key: "gold" | "predicted" | "correct"): number =>
    rates.reduce((total, each) => total + each[key], 0);
  const support = sum("gold");
  const total = ratesOf({ gold: support, predicted: sum("predicted"), correct: sum("correct") });
  const average = (weigh: (values: readonly number[]) => number): SeqevalAverage => ({
    precision: weigh(rates.map(({ precision }) => precision)),
    recall: weigh(rates.map(({ recall }) => recall)),
    f1: weigh(rates.map(({ f1 }) => f1)),
    support,
  });
  const result = {
    classes,
    micro: { precision: total.precision, recall: total.recall, f1: total.f1, support },
    macro: average(mean),
    weighted: average((values) =>
      support === 0 ? 0 : values.reduce((all, value, index) => all + value * rates[index]!.gold, 0) / support,
    ),
  };
  return { ...result, report: (digits = 2) => formatReport(result, digits) };
}

function requireEqualLengths(
  gold: readonly (readonly string[])[],
  predicted: readonly (readonly string[])[],
): void {
  const wrong = gold.findIndex((tags, index) => tags.length !== predicted[index]?.length);
  if (wrong < 0 && gold.length === predicted.length) return;
  throw new ClinicalBertError(
    "SCORE_MISMATCH",
    wrong < 0
      ? `Gold has ${gold.length} sentences, the prediction ${predicted.length}.`
      : `Sentence ${wrong + 1} has ${gold[wrong]!.length} tags in gold, ${predicted[wrong]?.length ?? 0} in the prediction.`,
    { details: { sentence: wrong + 1 } },
  );
}

/** `get_entities` (sequence_labeling.py:143): all sentences in a row, an `O` after each. */
function defaultEntities(sentences: readonly (readonly string[])[]): Map<string, Set<EntityKey>> {
  const found = new Map<string, Set<EntityKey>>();
  let [lastTag, lastType, begin, at] = ["O", "", 0, 0];
  const visit = (text: string): void => {
    // Code points, as Python's index 0.
    const tag = String.fromCodePoint(text.codePointAt(0) ?? 0);
    const rest = text.slice(tag.length);
    const type = rest.slice(rest.indexOf("-") + 1) || "_";
    if (ends(lastTag, tag, lastType, type)) {
      const set = found.get(lastType) ?? new Set();
      found.set(lastType, set.add(`${begin} ${at - 1}`));
    }
    if (starts(lastTag, tag, lastType, type)) begin = at;
    [lastTag, lastType] = [tag, type];
    at += 1;
  };
  for (const tags of sentences) {
    for (const tag of tags) visit(tag);
    visit("O");
  }
  visit("O");
  return found;
}

const ENDS: ReadonlySet<string> = new Set(["BB", "BS", "BO", "IB", "IS", "IO"]);
const STARTS: ReadonlySet<string> = new Set(["EE", "EI", "SE", "SI", "OE", "OI"]);

function ends(before: string, tag: string, typeBefore: string, type: string): boolean {
  if (before === "E" || before === "S" || ENDS.has(before + tag)) return true;
  return before !== "O" && before !== "." && typeBefore !== type;
}

function starts(before: string, tag: string, typeBefore: string, type: string): boolean {
  if (tag === "B" || tag === "S" || STARTS.has(before + tag)) return true;
  return tag !== "O" && tag !== "." && typeBefore !== type;
}

/** The script raises an exception for a report without classes; here it has the averages alone. */
function formatReport(
  { classes, micro, macro, weighted }: Omit<SeqevalResult, "report">,
  digits: number,
): string {
  const width = Math.max("weighted avg".length, digits, ...classes.map(([label]) => [...label].length));
  const pad = (text: string, size: number): string => " ".repeat(Math.max(0, size - [...text].length)) + text;
  const row = (
    name: string,
    { precision, recall, f1 }: Omit<SeqevalAverage, "support">,
    support: number,
  ): string =>
    `${pad(name, width)} ${[precision, recall, f1].map((value) => ` ${pad(roundHalfEven(value, digits), 9)}`).join("")} ${pad(String(support), 9)}`;
  const header = `${" ".repeat(width)} ${["precision", "recall", "f1-score", "support"].map((name) => ` ${pad(name, 9)}`).join("")}\n\n`;
  const rows = [
    ...classes.map(([label, rates]) => row(label, rates, rates.gold)),
    "",
    row("micro avg", micro, micro.support),
    row("macro avg", macro, macro.support),
    row("weighted avg", weighted, weighted.support),
    "",
  ];
  return header + rows.join("\n");
}
