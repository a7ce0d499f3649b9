/** @file The text that an annotation quotes, against the text that it is about: whether it stands at its place, and where it stands near it. */
import type { Span } from "../../notes/span.js";

/** Farthest that a quoted text is searched for from its stated place, in UTF-16 units. */
const REACH = 64;

const WORD = /[\p{L}\p{M}\p{N}]/u;

/** True where a mention says what it covers; `null` and blank quotes say nothing. */
export function quotes(quote: string | null): quote is string {
  return quote !== null && quote.trim() !== "";
}

/**
 * True for spans that hold `quote`, or where there is none. Fragments are quoted in their own order or in that of the text, with a blank
 * between or (brat before 1.3) without.
 */
export function isQuoted(text: string, spans: readonly Span[], quote: string | null): boolean {
  if (!quotes(quote)) return true;
  const form = (value: string): string =>
    spans.length > 1 ? comparable(value).replaceAll(" ", "") : comparable(value);
  const orders = spans.length > 1 ? [spans, inTextOrder(spans)] : [spans];
  return orders.some((order) => {
    const observed = order.map(([start, end]) => text.slice(start, end)).join(" ");
    return observed === quote || form(observed) === form(quote);
  });
}

/**
 * Ways in which published files quote: runs of white space as one blank; case as in `.con` files; `&apos;` and `&quot;` in
 * the text of i2b2 2012 but not in the quote; "Johnson and Johnson" for "Johnson & Johnson" in 188-05.xml of i2b2 2014.
 */
function comparable(text: string): string {
  return text
    .replaceAll("&apos;", "'")
    .replaceAll("&quot;", '"')
    .replaceAll("&amp;", "&")
    .replaceAll("&", "and")
    .replace(/\s+/g, " ")
    .trim()
    .toLowerCase();
}

export function inTextOrder(spans: readonly Span[]): Span[] {
  return [...spans].sort((a, b) => a[0] - b[0]);
}

/**
 * The one nearest place of `quote` around `stated`, as whole words ("MI" is not in "admitted"); `null` when there is none
 * or two are equally near.
 */
export function findQuote(text: string, quote: string, stated: number): Span | null {
  const exact = placesOf(text, quote, stated, (part) => part);
  // `.con` files quote in lower case; "US" is first of all "US".
  const places =
    quote === quote.toLowerCase() || exact.length === 0
      ? placesOf(text, quote, stated, (part) => part.toLowerCase())
      : exact;
  const nearest = Math.min(...places.map((at) => Math.abs(at - stated)));
  const [place, ...tied] = places.filter((at) => Math.abs(at - stated) === nearest);
  return place === undefined || tied.length > 0 ? null : [place, place + quote.length];
}

function placesOf(text: string, quote: string, stated: number, fold: (part: string) => string): number[] {
  const from = Math.max(0, stated - REACH);
  const part = text.slice(from, stated + REACH + quote.length);
  const [searched, wanted] = [fold(part), fold(quote)];
  // Lower case keeps the length of all but a few characters.
  if (searched.length !== part.length || wanted.length !== quote.length) return [];
  const places: number[] = [];
  for (let at = searched.indexOf(wanted); at !== -1; at = searched.indexOf(wanted, at + 1))
    if (!cutsWord(text, from + at) && !cutsWord(text, from + at + quote.length)) places.push(from + at);
  return places;
}

/** Letters, their marks or digits on both sides of `at`. */
function cutsWord(text: string, at: number): boolean {
  return WORD.test(text[at - 1] ?? "") && WORD.test(text[at] ?? "");
}
