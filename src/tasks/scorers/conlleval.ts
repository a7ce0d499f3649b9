/**
 * @file `conlleval`: the evaluation script of the CoNLL-2000 shared task (Tjong Kim Sang, version 2004-01-26), with the same output to
 * the character. Its quirks are kept, by name:
 * - *split B*: an `I-X` after `B-Y` begins a phrase, so IOB1, IOB2 and BIOES tags are all read; but `S` is unknown to it and begins or
 *   ends a phrase only where the class changes or the tag is `[` or `]`.
 * - *empty type*: a tag without a hyphen has the class "", which is listed twice when gold and prediction both have it.
 * - *type 0*: the class "0" is false in Perl and becomes "".
 * - *rounding*: percentages are rounded half to even, as C's `printf` does.
 */
import { ClinicalBertError } from "../../errors.js";
import { compareCodePoints } from "../../tokens/train-vocabulary.js";

/** One word: the first column, the tag of the corpus, the guessed tag. `null` is a sentence boundary. */
export type ConllevalRow = readonly [first: string, correct: string, guessed: string] | null;

export interface ConllevalOptions {
  /** `-l`: a LaTeX table. */
  readonly latex?: boolean;
  /** `-r`: tags without `B-` and `I-`; each word is a phrase. */
  readonly raw?: boolean;
  /** `-o`: the outside tag of raw tags (default `O`). */
  readonly outside?: string;
}

export interface ConllevalClass {
  readonly label: string;
  readonly gold: number;
  readonly predicted: number;
  readonly correct: number;
  /** In percent, as printed before rounding. */
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

export interface ConllevalResult {
  readonly tokens: number;
  readonly correctTags: number;
  readonly overall: ConllevalClass;
  /** In the order of the script, with its repetitions. */
  readonly classes: readonly ConllevalClass[];
  /** What the script writes to standard output. */
  readonly report: string;
}

interface ScriptTag {
  readonly tag: string;
  readonly type: string;
}

const BOUNDARY = "-X-";

class Tally {
  readonly correct = new Map<string, number>();
  readonly gold = new Map<string, number>();
  readonly predicted = new Map<string, number>();

  static total(counts: ReadonlyMap<string, number>): number {
    let sum = 0;
    for (const count of counts.values()) sum += count;
    return sum;
  }
}

function increment(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** Scores rows in the order of the file. */
export function conlleval(rows: Iterable<ConllevalRow>, options: ConllevalOptions = {}): ConllevalResult {
  const { raw = false, outside = "O", latex = false } = options;
  const tally = new Tally();
  let tokens = 0;
  let correctTags = 0;
  let inCorrect = false;
  let lastCorrect: ScriptTag = { tag: "O", type: "" };
  let lastGuessed: ScriptTag = { tag: "O", type: "" };
  for (const row of rows) {
    const boundary = row === null || row[0] === BOUNDARY;
    const correct = boundary ? { tag: "O", type: "" } : readTag(raw ? rawTag(row[1], outside) : row[1]);
    const guessed = boundary ? { tag: "O", type: "" } : readTag(raw ? rawTag(row[2], outside) : row[2]);
    const correctEnds = endOfChunk(lastCorrect, correct);
    const guessedEnds = endOfChunk(lastGuessed, guessed);
    if (inCorrect) {
      if (correctEnds && guessedEnds && lastGuessed.type === lastCorrect.type) {
        inCorrect = false;
        increment(tally.correct, lastCorrect.type);
      } else if (correctEnds !== guessedEnds || guessed.type !== correct.type) inCorrect = false;
    }
    const correctStarts = startOfChunk(lastCorrect, correct);
    const guessedStarts = startOfChunk(lastGuessed, guessed);
    if (correctStarts && guessedStarts && guessed.type === correct.type) inCorrect = true;
    if (correctStarts) increment(tally.gold, correct.type);
    if (guessedStarts) increment(tally.predicted, guessed.type);
    if (!boundary) {
      if (correct.tag === guessed.tag && correct.type === guessed.type) correctTags += 1;
      tokens += 1;
    }
    [lastCorrect, lastGuessed] = [correct, guessed];
  }
  if (inCorrect) increment(tally.correct, lastCorrect.type);
  const overall = scriptRates(
    "",
    Tally.total(tally.gold),
    Tally.total(tally.predicted),
    Tally.total(tally.correct),
  );
  const classes = listedTypes(tally).map((label) =>
    scriptRates(
      label,
      tally.gold.get(label) ?? 0,
      tally.predicted.get(label) ?? 0,
      tally.correct.get(label) ?? 0,
    ),
  );
  const counted = { tokens, correctTags, overall, classes };
  return { ...counted, report: latex ? latexReport(counted) : textReport(counted) };
}

function readTag(text: string): ScriptTag {
  const hyphen = text.indexOf("-");
  if (hyphen < 0) return { tag: text, type: "" };
  const type = text.slice(hyphen + 1);
  return { tag: text.slice(0, hyphen), type: type === "0" ? "" : type };
}

function rawTag(text: string, outside: string): string {
  return text === outside || text === "O" ? "O" : `B-${text}`;
}

function endOfChunk(before: ScriptTag, now: ScriptTag): boolean {
  const pair = before.tag + now.tag;
  if (before.tag.length === 1 && now.tag.length === 1 && ENDS.has(pair)) return true;
  if (before.tag !== "O" && before.tag !== "." && before.type !== now.type) return true;
  return before.tag === "]" || before.tag === "[";
}

function startOfChunk(before: ScriptTag, now: ScriptTag): boolean {
  const pair = before.tag + now.tag;
  if (before.tag.length === 1 && now.tag.length === 1 && STARTS.has(pair)) return true;
  if (now.tag !== "O" && now.tag !== "." && before.type !== now.type) return true;
  return now.tag === "[" || now.tag === "]";
}

const ENDS: ReadonlySet<string> = new Set(["BB", "BO", "IB", "IO", "EE", "EI", "EO"]);
const STARTS: ReadonlySet<string> = new Set(["BB", "IB", "OB", "OI", "EE", "EI", "OE"]);

/** `sort (keys %foundCorrect, keys %foundGuessed)` without neighbours that are equal and true in Perl. */
function listedTypes({ gold, predicted }: Tally): string[] {
  const listed: string[] = [];
  let last = "";
  for (const type of [...gold.keys(), ...predicted.keys()].sort(compareCodePoints)) {
    if (last === "" || last !== type) listed.push(type);
    last = type;
  }
  return listed;
}

function scriptRates(label: string, gold: number, predicted: number, correct: number): ConllevalClass {
  const precision = predicted === 0 ? 0 : (100 * correct) / predicted;
  const recall = gold === 0 ? 0 : (100 * correct) / gold;
  const f1 = precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
  return { label, gold, predicted, correct, precision, recall, f1 };
}

type Counted = Omit<ConllevalResult, "report">;

function textReport({ tokens, correctTags, overall, classes }: Counted): string {
  const { gold, predicted, correct } = overall;
  let report = `processed ${tokens} tokens with ${gold} phrases; found: ${predicted} phrases; correct: ${correct}.\n`;
  if (tokens > 0) report += `accuracy: ${percent((100 * correctTags) / tokens)}%; ${ratesText(overall)}\n`;
  for (const rates of classes) {
    const padding = " ".repeat(Math.max(0, 17 - Buffer.byteLength(rates.label)));
    report += `${padding}${rates.label}: ${ratesText(rates)}  ${rates.predicted}\n`;
  }
  return report;
}

function ratesText({ precision, recall, f1 }: ConllevalClass): string {
  return `precision: ${percent(precision)}%; recall: ${percent(recall)}%; FB1: ${percent(f1)}`;
}

function latexReport({ overall, classes }: Counted): string {
  const row = ({ precision, recall, f1 }: ConllevalClass): string =>
    ` &  ${percent(precision)}\\% & ${percent(recall)}\\% & ${percent(f1)} \\\\`;
  const rows = classes.map((rates) => {
    const padding = " ".repeat(Math.max(0, 7 - Buffer.byteLength(rates.label)));
    return `\n${rates.label}${padding}${row(rates)}`;
  });
  return `        & Precision &  Recall  & F$_{\\beta=1} \\\\\\hline${rows.join("")}\\hline\nOverall${row(overall)}\\hline\n`;
}

/** `%6.2f`. */
function percent(value: number): string {
  return roundHalfEven(value, 2).padStart(6);
}

/**
 * `printf("%.Nf")`. `toFixed` rounds exact ties up where C rounds them to even; a tie has a binary fraction that ends at the digit
 * behind the last, so that only odd multiples of 2^-(digits + 1) can be one.
 */
export function roundHalfEven(value: number, digits: number): string {
  const text = value.toFixed(digits);
  const scale = 2 ** (digits + 1);
  if (!Number.isInteger(value * scale) || (value * scale) % 2 === 0) return text;
  const last = Number(text.at(-1));
  if (last % 2 === 0) return text;
  // Rounded up to an odd digit: the even one lies below.
  return `${text.slice(0, -1)}${last - 1}`;
}

/** The words and tags of one sentence; `place`, for messages, says where it begins. */
interface SentenceTags {
  readonly words: readonly string[];
  readonly tags: readonly string[];
  readonly place?: string;
}

/** Pairs the tags of two files, sentence by sentence. Throws `SCORE_MISMATCH` with the first place where they differ. */
export function pairSentences(
  gold: readonly SentenceTags[],
  predicted: readonly SentenceTags[],
): ConllevalRow[] {
  const shared = Math.min(gold.length, predicted.length);
  const rows = gold.slice(0, shared).flatMap((sentence, index): ConllevalRow[] => {
    const guess = predicted[index]!;
    const { words, tags } = sentence;
    if (words.length !== guess.words.length)
      throw new ClinicalBertError(
        "SCORE_MISMATCH",
        `Sentence ${index + 1} has ${words.length} words in gold${at(sentence)}, ${guess.words.length} in the prediction${at(guess)}.`,
        { details: { sentence: index + 1 } },
      );
    return [...words.map((word, place): ConllevalRow => [word, tags[place]!, guess.tags[place]!]), null];
  });
  const surplus = gold[shared] ?? predicted[shared];
  if (surplus !== undefined)
    throw new ClinicalBertError(
      "SCORE_MISMATCH",
      `Gold has ${gold.length} sentences, the prediction ${predicted.length}; one has none beside it${at(surplus)}.`,
      { details: { gold: gold.length, predicted: predicted.length } },
    );
  return rows;
}

function at({ place }: SentenceTags): string {
  return place === undefined ? "" : ` (${place})`;
}
