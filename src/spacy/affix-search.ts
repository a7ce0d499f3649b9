/** @file Finds prefixes, suffixes and infixes of one word by translated patterns, in time linear in its length. */
import { compileRegex, type TranslatedAlternative, type TranslatedRegex } from "./python-regex.js";

/** Length of the match of a search, or 0; `budget` bounds the work on one word. */
export type AffixLength = (text: string, budget: WorkBudget) => number;

/**
 * Characters that patterns without a bound may still read for one word. Python takes quadratic time for some words of a
 * megabyte; past this budget such patterns see only `WINDOW` characters next to the edge.
 */
export interface WorkBudget {
  characters: number;
}

const BUDGET_CHARACTERS = 50_000_000;
const WINDOW = 512;

export function createWorkBudget(): WorkBudget {
  return { characters: BUDGET_CHARACTERS };
}

/** `prefix_search`: patterns whose every alternative begins with `^` look at the start only. */
export function prefixLength(regex: TranslatedRegex): AffixLength {
  if (!regex.alternatives.every((alternative) => alternative.anchored)) return searchLength(regex);
  const expression = compileRegex(regex, "sticky");
  const reach = Math.max(0, ...regex.alternatives.map(({ width, ahead }) => width + ahead));
  return (text, budget) => {
    const visible = withinBudget(text, reach, budget) ? text : text.slice(0, Math.min(reach, WINDOW));
    expression.lastIndex = 0;
    return expression.exec(visible)?.[0].length ?? 0;
  };
}

/**
 * `suffix_search`: the leftmost match that ends at the end. Alternatives of bounded width are searched in the last characters
 * only; `x+$` of a single character or class needs no more than the run of it, which is found by widening the window.
 */
export function suffixLength(regex: TranslatedRegex): AffixLength {
  const expression = compileRegex(regex, "search");
  const reach = Math.max(0, ...regex.alternatives.map(({ width, behind }) => width + behind));
  const bounded = regex.alternatives.filter((alternative) => Number.isFinite(alternative.width));
  const runs = regex.alternatives.filter((alternative) => !Number.isFinite(alternative.width));
  const behind = Math.max(0, ...regex.alternatives.map((alternative) => alternative.behind));
  const window = Math.max(0, ...bounded.map((alternative) => alternative.width)) + UNITS_AT_END;
  const widening = runs.every(isRun) && Number.isFinite(behind);
  return (text, budget) => {
    if (!widening) {
      const visible = withinBudget(text, reach, budget) ? text : tail(text, WINDOW);
      return expression.exec(visible)?.[0].length ?? 0;
    }
    for (let size = window + behind; ; size *= 4) {
      if (size >= text.length) return expression.exec(text)?.[0].length ?? 0;
      const match = expression.exec(tail(text, size));
      if (match === null) return 0;
      if (runs.length === 0 || match.index > behind + UNITS_AT_END) return match[0].length;
    }
  };
}

/** The pattern's lookahead for `$` (a line feed), and half of a surrogate pair at the cut. */
const UNITS_AT_END = 4;

/** `x{2,}$`, `xx+$`: dropping characters at its start leaves a match, so a window that starts after it suffices. */
function isRun(alternative: TranslatedAlternative): boolean {
  return RUN.test(alternative.source) && alternative.behind === 0;
}

const RUN = /^(\[(?:[^\]\\]|\\.)*\]|\\u\{[0-9a-f]+\}|[A-Za-z0-9])(?:\1)*(?:\+|\{\d+,\})\(\?=\\n\?\$\)$/;

/** Any other search: Python's `search` anywhere in the word. */
function searchLength(regex: TranslatedRegex): AffixLength {
  const expression = compileRegex(regex, "search");
  return (text, budget) => {
    const visible = withinBudget(text, Number.POSITIVE_INFINITY, budget) ? text : text.slice(0, WINDOW);
    return expression.exec(visible)?.[0].length ?? 0;
  };
}

/** Charges the budget for a pattern that may read all of `text`. */
function withinBudget(text: string, reach: number, budget: WorkBudget): boolean {
  const cost = Math.min(text.length, reach);
  if (cost <= WINDOW) return true;
  budget.characters -= cost;
  return budget.characters >= 0;
}

function tail(text: string, size: number): string {
  const start = text.length - size;
  if (start <= 0) return text;
  const unit = text.charCodeAt(start);
  return text.slice(unit >= 0xdc00 && unit <= 0xdfff ? start + 1 : start);
}
