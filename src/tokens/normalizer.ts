/** @file Cleaning, CJK spacing, lower case and accents for any text, code point by code point, keeping where each came from. */
import { CodePointList } from "./code-point-list.js";
import { DIALECT_RULES, type Dialect, type DialectRules } from "./dialect.js";
import {
  CASE_IGNORABLE,
  CASED,
  CJK,
  CLASS_MASK,
  COMBINING,
  DROPPED,
  DROPPED_SPACE,
  decompositionOf,
  MAPPED,
  NONSPACING,
  SPACE,
  type UnicodeTables,
  unpackUnicodeTables,
} from "./unicode-tables.js";

export interface NormalizerOptions {
  readonly dialect: Dialect;
  readonly lowercase: boolean;
  /** Canonical decomposition without its nonspacing marks. `null` follows `lowercase`. */
  readonly stripAccents?: boolean | null;
  /** Controls are dropped, every space becomes one kind. Default true. */
  readonly cleanText?: boolean;
  /** Each CJK character is a word of its own. Default true. */
  readonly spaceCjk?: boolean;
}

const CAPITAL_SIGMA = 0x3a3;
const FINAL_SIGMA = 0x3c2;
/** Marks what a decomposition put behind its first code point; above all code points. */
const INSERTED = 1 << 21;

export class Normalizer {
  readonly tables: UnicodeTables;
  readonly #rules: DialectRules;
  readonly #lowercase: boolean;
  readonly #stripAccents: boolean;
  readonly #cleanText: boolean;
  readonly #spaceCjk: boolean;
  readonly #first = new CodePointList();
  readonly #second = new CodePointList();

  constructor(options: NormalizerOptions) {
    this.#rules = DIALECT_RULES[options.dialect];
    this.tables = unpackUnicodeTables(this.#rules.unicode);
    this.#lowercase = options.lowercase;
    this.#stripAccents = options.stripAccents ?? options.lowercase;
    this.#cleanText = options.cleanText ?? true;
    this.#spaceCjk = options.spaceCjk ?? true;
  }

  /** Class of a code point of raw text (`WORD` … `CJK`), with the options applied. */
  classOf(point: number): number {
    const kind = this.tables.flags[point]! & CLASS_MASK;
    if (!this.#cleanText && kind === DROPPED) return 0;
    if (!this.#cleanText && kind === DROPPED_SPACE) return SPACE;
    return kind;
  }

  /** Index of the first space at or after `from`, or `to`. */
  findSpace(text: string, from: number, to: number): number {
    for (let at = from; at < to; ) {
      const point = text.codePointAt(at)!;
      if (this.classOf(point) === SPACE) return at;
      at += point > 0xffff ? 2 : 1;
    }
    return to;
  }

  /**
   * Normalizes `text[from, to)`, which holds no space, and gives the parts between CJK characters one by one to `visit`.
   * The list is only good during the call. UTF-16 ranges are those of `text`.
   */
  run(text: string, from: number, to: number, visit: (part: CodePointList) => void): void {
    const part = this.#first;
    part.length = 0;
    const flush = (): void => {
      if (part.length > 0) visit(this.#fold(part));
      part.length = 0;
    };
    for (let at = from; at < to; ) {
      const point = text.codePointAt(at)!;
      const start = at;
      // A pair that straddles the end of the range is not a pair for us.
      at += point > 0xffff ? 2 : 1;
      const kind = this.classOf(point);
      if (kind === DROPPED || kind === DROPPED_SPACE) continue;
      const alone = kind === CJK && this.#spaceCjk;
      if (alone) flush();
      part.push(point, start, at);
      if (alone) flush();
    }
    flush();
  }

  #fold(part: CodePointList): CodePointList {
    let list = part;
    if (this.#lowercase && this.#rules.lowercasesFirst) list = this.#lower(list);
    if (this.#stripAccents) list = this.#strip(list);
    if (this.#lowercase && !this.#rules.lowercasesFirst) list = this.#lower(list);
    return list;
  }

  #other(list: CodePointList): CodePointList {
    const other = list === this.#first ? this.#second : this.#first;
    other.length = 0;
    return other;
  }

  #lower(source: CodePointList): CodePointList {
    const { flags, lower } = this.tables;
    const target = this.#other(source);
    for (let at = 0; at < source.length; at++) {
      const point = source.points[at]!;
      const start = source.starts[at]!;
      const end = source.ends[at]!;
      const mapped = (flags[point]! & MAPPED) === 0 ? undefined : lower.get(point);
      if (mapped === undefined) target.push(point, start, end);
      else if (point === CAPITAL_SIGMA && this.#rules.finalSigma && this.#endsWord(source, at))
        target.push(FINAL_SIGMA, start, end);
      else for (const each of mapped) target.push(each, start, end);
    }
    return target;
  }

  /** Unicode's Final_Sigma: a cased character before, none after, case-ignorable ones skipped (unicodeobject.c, CPython 3.11). */
  #endsWord(list: CodePointList, at: number): boolean {
    const { flags } = this.tables;
    const bitsFrom = (index: number, step: number): number => {
      let next = index + step;
      while (next >= 0 && next < list.length && (flags[list.points[next]!]! & CASE_IGNORABLE) !== 0)
        next += step;
      return next < 0 || next >= list.length ? 0 : flags[list.points[next]!]!;
    };
    return (bitsFrom(at, -1) & CASED) !== 0 && (bitsFrom(at, 1) & CASED) === 0;
  }

  /** NFD without the characters of category Mn. */
  #strip(source: CodePointList): CodePointList {
    const { flags } = this.tables;
    const target = this.#other(source);
    for (let at = 0; at < source.length; at++) {
      const point = source.points[at]!;
      const start = source.starts[at]!;
      const end = source.ends[at]!;
      const mapped = (flags[point]! & MAPPED) === 0 ? null : decompositionOf(this.tables, point);
      target.push(mapped?.[0] ?? point, start, end);
      if (mapped !== null)
        for (let more = 1; more < mapped.length; more++) target.push(mapped[more]! | INSERTED, start, end);
    }
    this.#reorder(target);
    let kept = 0;
    for (let at = 0; at < target.length; at++) {
      const point = target.points[at]! & ~INSERTED;
      if ((flags[point]! & NONSPACING) !== 0) continue;
      target.points[kept] = point;
      target.starts[kept] = target.starts[at]!;
      target.ends[kept] = target.ends[at]!;
      kept += 1;
    }
    target.length = kept;
    return target;
  }

  /** Canonical order of the code points. */
  #reorder(list: CodePointList): void {
    const { flags, combining } = this.tables;
    const { points } = list;
    const classAt = (at: number): number => combining.get(points[at]! & ~INSERTED)!;
    const combines = (at: number): boolean => (flags[points[at]! & ~INSERTED]! & COMBINING) !== 0;
    for (let at = 0; at < list.length; at++) {
      if (!combines(at)) continue;
      const start = at;
      let sorted = true;
      while (++at < list.length && combines(at)) sorted &&= classAt(at - 1) <= classAt(at);
      if (!sorted) sortRun(list, start, at, combining);
    }
  }
}

/**
 * Sorts `list[from, to)` by combining class. The ranges stay in the order of the text, as in the crate (normalizer.rs,
 * `transform`): each code point takes the next one, an inserted one that of its neighbour.
 */
function sortRun(
  list: CodePointList,
  from: number,
  to: number,
  combining: ReadonlyMap<number, number>,
): void {
  const run = [...list.points.subarray(from, to)];
  const ranges = run.flatMap((point, index) =>
    (point & INSERTED) === 0 ? [[list.starts[from + index]!, list.ends[from + index]!] as const] : [],
  );
  // Array.prototype.sort is stable, as the canonical order has to be.
  run.sort((left, right) => combining.get(left & ~INSERTED)! - combining.get(right & ~INSERTED)!);
  list.points.set(run, from);
  let next = 0;
  for (let at = from; at < to; at++) {
    const inserted = (list.points[at]! & INSERTED) !== 0 && at > 0;
    const [start, end] = (inserted ? undefined : ranges[next++]) ?? [
      list.starts[at - 1]!,
      list.ends[at - 1]!,
    ];
    list.starts[at] = start;
    list.ends[at] = end;
  }
}
