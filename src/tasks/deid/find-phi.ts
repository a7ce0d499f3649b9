/**
 * @file From the probabilities of a model's tokens to spans of PHI, recall first: a word is PHI when its probability of being outside is
 * low enough, not when some class beats it; and a name that was found once is taken everywhere in the note.
 */
import type { Span } from "../../notes/span.js";
import type { ScoredToken } from "../../pipelines/aggregate-entities.js";
import { ClinicalBertError } from "../../errors.js";
import { type PhiCategory, phiCategory } from "../phi-categories.js";
import { splitTag } from "../tags.js";

export interface PhiSpan {
  /** The model's class, e.g. `PATIENT`. */
  readonly label: string;
  readonly category: PhiCategory;
  /** UTF-16 units of the note. */
  readonly span: Span;
  /** Highest probability of being PHI among its words; `null` for a name that was only found elsewhere in the note. */
  readonly score: number | null;
}

/** What each class of a model stands for; `null` is outside (`O`, and the `X`, `[CLS]`, `[SEP]` of the published recipe). */
export type PhiClasses = readonly (PhiClass | null)[];

export interface PhiClass {
  readonly label: string;
  /** `B`, `S` and `U`: never goes on with the word before it. */
  readonly begins: boolean;
}

/** Throws `DEID_MODEL` for a model without PHI classes. */
export function phiClasses(id2label: Readonly<Record<number, string>>): PhiClasses {
  const size = Object.keys(id2label).length;
  const classes = Array.from({ length: size }, (_, id) => {
    const { prefix, label } = splitTag(id2label[id] ?? "O");
    return prefix === "O" || phiCategory(label) === null ? null : { label, begins: /^[BSU]$/.test(prefix) };
  });
  if (!classes.includes(null) || classes.every((each) => each === null))
    throw new ClinicalBertError(
      "DEID_MODEL",
      `The model has ${size} classes, of which ${classes.filter((each) => each !== null).length} are PHI.`,
      { details: { classes: size } },
    );
  return classes;
}

interface ScoredWord extends PhiClass {
  readonly score: number;
}

/**
 * The PHI of one note in order, without overlap. `threshold` is the least probability of PHI (all its classes together) of a word's
 * first piece, the one that is trained. Throws `DEID_FAILED` where a token has no finite probabilities.
 */
export function findPhi(
  text: string,
  tokens: readonly ScoredToken[],
  classes: PhiClasses,
  threshold: number,
): PhiSpan[] {
  const words: (ScoredWord | null)[] = [];
  const spans: [number, number][] = [];
  for (const { span, scores, isSubword } of tokens) {
    if (scores === undefined || scores.some((score) => !Number.isFinite(score)))
      throw new ClinicalBertError("DEID_FAILED", `No result for the token at ${span.join("-")}.`, {
        details: { start: span[0], end: span[1] },
      });
    if (isSubword && spans.length > 0) {
      spans.at(-1)![1] = span[1];
      continue;
    }
    spans.push([span[0], span[1]]);
    words.push(bestPhi(scores, classes, threshold));
  }
  const found = joinWords(text, words, spans);
  return [...found, ...repeatedNames(text, found)].sort((a, b) => a.span[0] - b.span[0]);
}

function bestPhi(scores: Float32Array, classes: PhiClasses, threshold: number): ScoredWord | null {
  let total = 0;
  const byLabel = new Map<string, { sum: number; begin: number }>();
  for (const [id, phi] of classes.entries()) {
    if (phi === null) continue;
    const score = scores[id]!;
    total += score;
    const { sum, begin } = byLabel.get(phi.label) ?? { sum: 0, begin: 0 };
    byLabel.set(phi.label, { sum: sum + score, begin: begin + (phi.begins ? score : 0) });
  }
  if (total < threshold) return null;
  const [label, { sum, begin }] = [...byLabel].reduce((best, each) =>
    each[1].sum > best[1].sum ? each : best,
  );
  return { label, begins: begin > sum / 2, score: Math.min(1, total) };
}

/** Marks that stand within dates, numbers and names. */
const JOINING = /^[-/.,:'’()@_#&]$/u;

/**
 * Neighbouring words of one category are one span, also over one blank unless the second begins one, and over a mark between two of them without blanks (`3/5/14`,
 * `O'Brien`) that the model left out.
 */
function joinWords(text: string, words: readonly (ScoredWord | null)[], spans: readonly Span[]): PhiSpan[] {
  const found: { label: string; category: PhiCategory; span: [number, number]; score: number }[] = [];
  for (const [index, word] of words.entries()) {
    if (word === null) continue;
    const category = phiCategory(word.label)!;
    const [start, end] = spans[index]!;
    const last = found.at(-1);
    const between = last === undefined ? null : text.slice(last.span[1], start);
    if (last?.category === category && between !== null && joins(between, word.begins)) {
      last.span[1] = end;
      if (word.score > last.score) [last.score, last.label] = [word.score, word.label];
    } else found.push({ label: word.label, category, span: [start, end], score: word.score });
  }
  return found;
}

function joins(between: string, begins: boolean): boolean {
  return between === "" || JOINING.test(between) || (between === " " && !begins);
}

const NAME_WORD = /[\p{L}\p{M}][\p{L}\p{M}'’-]{2,}/gu;
/** Of a name in the genitive ("Smith's"), which is the same name. */
const GENITIVE = /['’][sS]$/u;

/** Words of found names wherever else the note has them with the same spelling and a capital; they may have escaped in a list or header. */
function repeatedNames(text: string, found: readonly PhiSpan[]): PhiSpan[] {
  const names = new Map<string, PhiSpan>();
  for (const phi of found)
    if (phi.category === "NAME")
      for (const [word] of text.slice(...phi.span).matchAll(NAME_WORD))
        if (/^\p{Lu}/u.test(word)) names.set(word.replace(GENITIVE, ""), phi);
  if (names.size === 0) return [];
  const repeats: PhiSpan[] = [];
  let next = 0;
  for (const match of text.matchAll(NAME_WORD)) {
    const name = match[0].replace(GENITIVE, "");
    const phi = names.get(name);
    if (phi === undefined) continue;
    const span: Span = [match.index, match.index + name.length];
    while (next < found.length && found[next]!.span[1] <= span[0]) next += 1;
    if (next < found.length && found[next]!.span[0] < span[1]) continue;
    repeats.push({ label: phi.label, category: phi.category, span, score: null });
  }
  return repeats;
}
