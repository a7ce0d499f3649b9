/** @file Concepts that are placed by line and token, and quoted: where that is in the text. */
import type { Span } from "../../notes/span.js";
import { splitLines, splitWords } from "./words.js";

/** Lines from 1, tokens from 0. */
export type TokenPlace = readonly [line: number, token: number];

export interface StatedTokens {
  readonly quote: string;
  readonly start: TokenPlace;
  /** The last token. */
  readonly end: TokenPlace;
}

export interface ConceptPlace {
  /** `null` where the tokens are not there, or others than the quoted ones, which the same line has. */
  readonly span: Span | null;
  /** The start of these, else the end of the line; `null` where there is no such line. */
  readonly near: number | null;
}

/**
 * Finds the span of a concept. Tokens are runs without blanks; in lines that begin with a blank the published files count an empty
 * token before it (Reformat.ipynb, `p_modifier`), so each blank counts as a border where the quoted text says so.
 */
export function placeByTokens(text: string): (concept: StatedTokens) => ConceptPlace {
  const lines = splitLines(text);
  const find = ([line, token]: TokenPlace, everyBlank: boolean): Span | null => {
    const range = lines[line - 1];
    if (range === undefined) return null;
    return (everyBlank ? splitAtEachBlank(text, range) : splitWords(text, ...range))[token] ?? null;
  };
  const spanOf = ({ start, end }: StatedTokens, everyBlank: boolean): Span | null => {
    const [first, last] = [find(start, everyBlank), find(end, everyBlank)];
    return first === null || last === null ? null : [first[0], last[1]];
  };
  return (concept) => {
    const span = spanOf(concept, false);
    const other = spanOf(concept, true);
    for (const each of [span, other])
      if (each !== null && plain(text.slice(...each)) === plain(concept.quote))
        return { span: each, near: null };
    const line = lines[concept.start[0] - 1];
    const near = line === undefined ? null : nearestTokens(text, line, concept);
    return near === null ? { span: span ?? other, near: line?.[1] ?? null } : { span: null, near };
  };
}

/** The start of the words in `line` that are quoted, nearest to the one of number `token`; `null` for none, or two equally near. */
function nearestTokens(text: string, line: Span, { quote, start: [, token] }: StatedTokens): number | null {
  const wanted = plain(quote);
  const length = wanted.split(" ").length;
  const words = splitWords(text, ...line);
  const found = words.flatMap(([from], first) => {
    const last = words[first + length - 1];
    if (last === undefined || plain(text.slice(from, last[1])) !== wanted) return [];
    return [{ from, distance: Math.abs(first - token) }];
  });
  found.sort((a, b) => a.distance - b.distance);
  return found.length === 0 || found[0]!.distance === found[1]?.distance ? null : found[0]!.from;
}

/** Quotes are in lower case, and have one blank where the text may have more. */
function plain(words: string): string {
  return words.trim().replace(/\s+/g, " ").toLowerCase();
}

function splitAtEachBlank(text: string, [from, to]: Span): Span[] {
  const tokens: Span[] = [];
  let start = from;
  for (let at = from; at <= to; at++)
    if (at === to || text[at] === " ") {
      tokens.push([start, at]);
      start = at + 1;
    }
  return tokens;
}
