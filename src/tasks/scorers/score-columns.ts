/** @file `conlleval` and seqeval on files of words and tags, with intervals of their own counts. */
import { type BootstrapOptions, bootstrapIntervals } from "./bootstrap.js";
import { type ConllevalOptions, conlleval, pairSentences } from "./conlleval.js";
import type { RateIntervals } from "./entities.js";
import { type Counts, type Rates, ratesOf } from "./rates.js";
import type { FileScores } from "./score-files.js";
import { type SeqevalOptions, seqeval } from "./seqeval.js";
import { readTaggedLines, readTaggedPairs, type TaggedLines } from "./tagged-lines.js";

export interface ColumnOptions extends BootstrapOptions {
  /** `conlleval`: `-r` and `-l`. */
  readonly conlleval?: ConllevalOptions;
  /** `seqeval`: strict mode. */
  readonly scheme?: SeqevalOptions["strict"];
}

/** `gold` is `null` where the file of the prediction has both tags. Throws `EXAMPLES_MALFORMED`, `SCORE_MISMATCH`, `SCORE_MALFORMED`. */
export async function scoreColumns(
  metric: "conlleval" | "seqeval",
  goldPath: string | null,
  predictedPath: string,
  options: ColumnOptions,
): Promise<FileScores> {
  const { gold, predicted } =
    goldPath === null
      ? await readTaggedPairs(predictedPath)
      : { gold: await readTaggedLines(goldPath), predicted: await readTaggedLines(predictedPath) };
  const rows = pairSentences(gold, predicted);
  const notices = otherWords(gold, predicted);
  if (metric === "conlleval") {
    const { report, ...scores } = conlleval(rows, options.conlleval);
    const countsOf = (index: number): Counts =>
      conlleval(pairSentences([gold[index]!], [predicted[index]!]), options.conlleval).overall;
    const intervals = intervalsOf(gold, countsOf, percentages, options);
    return { metric, report, scores: { ...scores, intervals }, notices };
  }
  const strict = options.scheme === undefined ? {} : { strict: options.scheme };
  const tagsOf = (sentences: readonly TaggedLines[]) => sentences.map(({ tags }) => tags);
  const result = seqeval(tagsOf(gold), tagsOf(predicted), strict);
  const { classes, micro, macro, weighted } = result;
  const countsOf = (index: number): Counts => {
    const own = seqeval([gold[index]!.tags], [predicted[index]!.tags], strict).classes;
    const sum = (key: keyof Counts): number => own.reduce((total, [, rates]) => total + rates[key], 0);
    return { gold: sum("gold"), predicted: sum("predicted"), correct: sum("correct") };
  };
  const intervals = intervalsOf(gold, countsOf, (rates) => rates, options);
  return {
    metric,
    report: result.report(4),
    scores: { classes: Object.fromEntries(classes), micro, macro, weighted, intervals },
    notices,
  };
}

/** In the unit of the script's own rates. */
function percentages({ precision, recall, f1 }: Rates): Omit<Rates, keyof Counts> {
  return { precision: 100 * precision, recall: 100 * recall, f1: 100 * f1 };
}

/** Intervals of the micro-average: documents are drawn, which `-DOCSTART-` begins; without such lines sentences. */
function intervalsOf(
  gold: readonly TaggedLines[],
  countsOf: (sentence: number) => Counts,
  scale: (rates: Rates) => Omit<Rates, keyof Counts>,
  options: BootstrapOptions,
): RateIntervals | null {
  if (options.samples === 0) return null;
  const marked = gold.some(beginsDocument);
  const documents: [gold: number, predicted: number, correct: number][] = [];
  for (const [index, sentence] of gold.entries()) {
    if (!marked || beginsDocument(sentence) || documents.length === 0) documents.push([0, 0, 0]);
    const totals = documents.at(-1)!;
    const counts = countsOf(index);
    totals[0] += counts.gold;
    totals[1] += counts.predicted;
    totals[2] += counts.correct;
  }
  const intervals = bootstrapIntervals(
    documents,
    ([own, predicted, correct]) => {
      const rates = scale(ratesOf({ gold: own!, predicted: predicted!, correct: correct! }));
      return [rates.precision, rates.recall, rates.f1];
    },
    options,
  );
  return intervals && { precision: intervals[0]!, recall: intervals[1]!, f1: intervals[2]! };
}

function beginsDocument({ words }: TaggedLines): boolean {
  return words[0]!.startsWith("-DOCSTART-");
}

/** The scripts see one file, so that words cannot differ; of two files that is worth saying. */
function otherWords(gold: readonly TaggedLines[], predicted: readonly TaggedLines[]): string[] {
  let count = 0;
  let first = "";
  for (const [index, { words, place }] of predicted.entries())
    for (const [at, word] of words.entries()) {
      if (word === gold[index]!.words[at]) continue;
      count += 1;
      first ||= `word ${at + 1} of the sentence at ${place}`;
    }
  return count === 0
    ? []
    : [`${count} words of the prediction are not those of gold; the first is ${first}.`];
}
