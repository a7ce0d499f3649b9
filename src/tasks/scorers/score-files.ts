/** @file A metric on two files: reads what it compares, scores it, and words the result for people. */
import { basename } from "node:path";
import { ClinicalBertError } from "../../errors.js";
import type { EntityExample, LabelExample, ReadingProblem, ReadingReason } from "../example.js";
import { type Concept, parseConcepts } from "../readers/i2b2-concepts.js";
import { type ExampleFormat, readExamples } from "../readers/read-examples.js";
import type { ReadOptions } from "../readers/reading.js";
import { listSourceFiles, readSourceText } from "../readers/source-files.js";
import type { Interval } from "./bootstrap.js";
import { deidDocument, scoreDeid } from "./deid.js";
import { type EntityScores, type IntervalRates, scoreEntities, scoreKeyed } from "./entities.js";
import { conceptKey, scoreConcepts } from "./i2b2-concepts.js";
import { type LabelScores, scoreLabels } from "./labels.js";
import { readPredictedLabels } from "./read-predictions.js";
import { type ColumnOptions, scoreColumns } from "./score-columns.js";

export const METRICS = ["conlleval", "i2b2", "seqeval", "accuracy", "deid", "entities"] as const;
export type Metric = (typeof METRICS)[number];

export interface ScoreFilesOptions extends ColumnOptions {
  /** Format of both files: `i2b2` (default `i2b2-2010`), `deid` (default `i2b2-2014`), `entities`. */
  readonly format?: ExampleFormat;
  /** Where the prediction's is another. */
  readonly predictedFormat?: ExampleFormat;
  readonly read?: ReadOptions;
}

export interface FileScores {
  readonly metric: Metric;
  /** For people; of `conlleval` and `seqeval` exactly what the original prints. */
  readonly report: string;
  /** Plain data for machines. */
  readonly scores: object;
  /** What a reader of the numbers should know. */
  readonly notices: readonly string[];
}

/** `gold` is `null` where the file of the prediction has both tags. Throws what the readers throw, `SCORE_MISMATCH`, `SCORE_EMPTY`, and `USAGE` for a metric or format that do not fit. */
export async function scoreFiles(
  metric: Metric,
  gold: string | null,
  predicted: string,
  options: ScoreFilesOptions = {},
): Promise<FileScores> {
  if (metric === "conlleval" || metric === "seqeval") return scoreColumns(metric, gold, predicted, options);
  if (gold === null) throw new ClinicalBertError("USAGE", `The metric ${metric} needs --gold.`);
  const { format = "i2b2-2010", predictedFormat = format } = options;
  switch (metric) {
    case "i2b2":
      return format === "i2b2-2010" && predictedFormat === format
        ? scoreConceptFiles(gold, predicted, options)
        : scoreEntityFiles(metric, gold, predicted, { ...options, format });
    case "accuracy":
      return scoreLabelFiles(gold, predicted, options);
    case "deid":
      return scoreDeidFiles(gold, predicted, options);
    case "entities":
      return scoreEntityFiles(metric, gold, predicted, options);
  }
}

/** Concepts by the name of their file alone: gold and prediction may lie in other folders. Throws `SCORE_MISMATCH` for two of one name. */
async function readConceptFiles(source: string): Promise<Map<string, Concept[]>> {
  const files = await listSourceFiles(source, ".con");
  // Gold and prediction, each one file, may have any name.
  const named = files.map(({ path, id }) => ({ path, name: path === source ? "" : basename(id) }));
  const seen = new Map<string, string>();
  for (const { path, name } of named) {
    const twin = seen.get(name);
    if (twin !== undefined)
      throw new ClinicalBertError("SCORE_MISMATCH", `${twin} and ${path} have the same name.`, {
        remedy: "Score them one folder at a time.",
        details: { path },
      });
    seen.set(name, path);
  }
  const read = named.map(async ({ path, name }): Promise<[string, Concept[]]> => {
    const { text } = await readSourceText(path);
    return [name, parseConcepts(path, text)];
  });
  return new Map(await Promise.all(read));
}

async function scoreConceptFiles(
  goldPath: string,
  predictedPath: string,
  options: ScoreFilesOptions,
): Promise<FileScores> {
  const [gold, predicted] = [await readConceptFiles(goldPath), await readConceptFiles(predictedPath)];
  // One numbering through all documents, as the script's single file has it.
  const through = (files: ReadonlyMap<string, Concept[]>): Concept[] =>
    [...files].flatMap(([id, concepts]) =>
      concepts.map((concept) => ({ ...concept, quote: `${id}\0${concept.quote}` })),
    );
  const script = scoreConcepts(through(gold), through(predicted));
  const keyed = (files: ReadonlyMap<string, Concept[]>) =>
    [...files].map(([id, concepts]) => ({
      id,
      documentId: id,
      items: new Map(concepts.map((concept) => [conceptKey(concept), concept.label])),
    }));
  const scores = scoreKeyed(keyed(gold), keyed(predicted), options);
  return {
    metric: "i2b2",
    report: `${script.report}\n${entityTable(scores)}`,
    scores: { script: { ...script, report: undefined }, ...scores },
    notices: [
      ...(script.scriptFails ? ["score_i2b2.py itself ends with ZeroDivisionError on these files."] : []),
      ...missingNotice(scores),
    ],
  };
}

async function readEntityFile(
  source: string,
  format: ExampleFormat,
  read: ReadOptions = {},
): Promise<{ examples: EntityExample[]; problems: readonly ReadingProblem[] }> {
  const { examples, problems } = await readExamples(source, format, read);
  const entities = examples.filter((example): example is EntityExample => example.kind === "entities");
  if (entities.length !== examples.length)
    throw new ClinicalBertError("USAGE", `${source} (${format}) has labels of texts, not entities.`, {
      remedy: "Use --metric accuracy.",
    });
  return { examples: entities, problems };
}

/** What was not scored as the file states it, by the reasons of the readers. */
const DEPARTURES: readonly (readonly [reasons: readonly ReadingReason[], text: string])[] = [
  [
    ["text-mismatch", "outside-text", "empty-span", "no-label"],
    "entities are not where the file says, or have no class, and were left out",
  ],
  [["moved"], "entities are not at their offsets and were read at their quoted text"],
  [["offset-unit"], "documents count offsets otherwise than the format says and were read so"],
];

function departures(side: string, problems: readonly ReadingProblem[]): string[] {
  return DEPARTURES.flatMap(([reasons, text]) => {
    const count = problems.filter(({ reason }) => reasons.includes(reason)).length;
    return count === 0 ? [] : [`${side}: ${count} ${text}.`];
  });
}

async function readBoth(
  goldPath: string,
  predictedPath: string,
  format: ExampleFormat,
  { predictedFormat = format, read = {} }: ScoreFilesOptions,
): Promise<{ gold: EntityExample[]; predicted: EntityExample[]; notices: string[] }> {
  const gold = await readEntityFile(goldPath, format, read);
  const texts = new Map(gold.examples.map(({ id, text }) => [id, text]));
  const predicted = await readEntityFile(predictedPath, predictedFormat, { ...read, texts });
  return {
    gold: gold.examples,
    predicted: underIdsOfGold(gold.examples, predicted.examples),
    notices: [...departures("Gold", gold.problems), ...departures("Prediction", predicted.problems)],
  };
}

/** Ids that come from the names of two files are of no use: where they share none but all texts are equal, the order tells. */
function underIdsOfGold(
  gold: readonly EntityExample[],
  predicted: readonly EntityExample[],
): EntityExample[] {
  const ids = new Set(gold.map(({ id }) => id));
  const paired =
    gold.length === predicted.length &&
    predicted.every(({ id, text }, index) => !ids.has(id) && text === gold[index]!.text);
  return predicted.map((example, index) => (paired ? { ...example, id: gold[index]!.id } : example));
}

async function scoreEntityFiles(
  metric: Metric,
  goldPath: string,
  predictedPath: string,
  options: ScoreFilesOptions,
): Promise<FileScores> {
  if (options.format === undefined)
    throw new ClinicalBertError("USAGE", "The metric entities needs the format of the files.", {
      remedy: "Give --format, for example --format brat.",
    });
  const { gold, predicted, notices } = await readBoth(goldPath, predictedPath, options.format, options);
  const scores = scoreEntities(gold, predicted, options);
  return { metric, report: entityTable(scores), scores, notices: [...notices, ...missingNotice(scores)] };
}

async function scoreDeidFiles(
  goldPath: string,
  predictedPath: string,
  options: ScoreFilesOptions,
): Promise<FileScores> {
  const { gold, predicted, notices } = await readBoth(
    goldPath,
    predictedPath,
    options.format ?? "i2b2-2014",
    // Of PHI whose ends are alike the script keeps the one that the file lists first.
    { ...options, read: { ...options.read, order: "file" } },
  );
  const measures = scoreDeid(gold.map(deidDocument), predicted.map(deidDocument));
  const entities = scoreEntities(gold, predicted, options);
  const rows = measures
    .filter(({ correct, spurious, missed }) => correct + spurious + missed > 0)
    .map(({ name, micro, macro }) => [
      name,
      ...[micro.precision, micro.recall, micro.f1, macro.precision, macro.recall, macro.f1].map(fourDigits),
    ]);
  const table = formatTable([["", "micro P", "R", "F1", "macro P", "R", "F1"], ...rows]);
  return {
    metric: "deid",
    report: `${table}\n${entityTable(entities)}`,
    scores: { measures, entities },
    notices,
  };
}

async function scoreLabelFiles(
  goldPath: string,
  predictedPath: string,
  options: ScoreFilesOptions,
): Promise<FileScores> {
  const { examples } = await readExamples(goldPath, "nli", options.read);
  const gold = examples as readonly LabelExample[];
  const scores = scoreLabels(gold, await readPredictedLabels(predictedPath, gold), options);
  return { metric: "accuracy", report: labelReport(scores), scores, notices: [] };
}

function missingNotice({ missing }: EntityScores): string[] {
  return missing.length === 0
    ? []
    : [`${missing.length} documents of gold are not in the prediction; they count as without entities.`];
}

/** Rates per class, micro and macro, with the interval of F1. */
export function entityTable({ classes, micro, macro, documents }: EntityScores): string {
  const row = (name: string, rates: IntervalRates): string[] => [
    name,
    ...[rates.precision, rates.recall, rates.f1].map(fourDigits),
    rates.intervals === undefined ? "" : intervalText(rates.intervals.f1),
    String(rates.gold),
    String(rates.predicted),
    String(rates.correct),
  ];
  const table = formatTable([
    ["", "precision", "recall", "F1", "95 % of F1", "gold", "predicted", "correct"],
    ...Object.entries(classes).map(([label, rates]) => row(label, rates)),
    row("micro", micro),
    row("macro", macro),
  ]);
  return `${table}${documents} documents; exact span and class.\n`;
}

function labelReport(scores: LabelScores): string {
  const { accuracy, interval, macroF1, labels, confusion, items, documents, macroF1Interval } = scores;
  const within = (range: Interval | null): string => (range === null ? "" : ` ${intervalText(range)}`);
  const matrix = formatTable([
    ["gold \\ predicted", ...labels],
    ...labels.map((label, index) => [label, ...confusion[index]!.map(String)]),
  ]);
  return `accuracy ${fourDigits(accuracy)}${within(interval)}\nmacro F1 ${fourDigits(macroF1)}${within(macroF1Interval)}\n${items} items of ${documents} documents\n\n${matrix}`;
}

function intervalText([low, high]: Interval): string {
  return `[${fourDigits(low)}, ${fourDigits(high)}]`;
}

function fourDigits(value: number): string {
  return value.toFixed(4);
}

/** First column to the left, others to the right. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
      .join("  ")
      .trimEnd();
  return rows.map((row) => `${line(row)}\n`).join("");
}
