/**
 * @file Offsets as an annotation file states them, to UTF-16 spans of the text. The quoted text of each mention tells whether
 * they are right: files are met whose offsets count bytes (so it seems i2b2 2014, 180-03.xml, whose published patch adds four
 * blanks for two typographic apostrophes), a byte order mark, or CRLF as one character.
 */
import { type OffsetUnit, offsetReader } from "../../notes/offset-units.js";
import type { Span } from "../../notes/span.js";
import type { ReadingProblem } from "../example.js";

export interface StatedMention {
  readonly id?: string;
  /** Fragments in the unit of the format, half-open. */
  readonly fragments: readonly (readonly [start: number, end: number])[];
  /** The text that the annotation quotes, fragments joined by a blank; `null` or empty (`text=""`) where it quotes none. */
  readonly quote: string | null;
  readonly file: string;
  readonly line: number;
}

export interface PlacedMention<M extends StatedMention> {
  readonly mention: M;
  readonly spans: readonly Span[];
}

export interface PlaceOptions {
  /** What the format counts. */
  readonly unit: OffsetUnit;
  /** The file began with a byte order mark, which `text` no longer has. */
  readonly hadMark?: boolean;
}

/** Farthest that a quoted text is searched for from its stated place, in UTF-16 units. */
const REACH = 64;

type Convention = (offset: number) => number | null;

/** The spans of `mentions`, and a problem for each that could not be placed as it is stated. */
export function placeMentions<M extends StatedMention>(
  exampleId: string,
  text: string,
  mentions: readonly M[],
  { unit, hadMark = false }: PlaceOptions,
): { readonly placed: PlacedMention<M>[]; readonly problems: ReadingProblem[] } {
  const problems: ReadingProblem[] = [];
  const placed: PlacedMention<M>[] = [];
  const conventions = listConventions(text, unit, hadMark);
  const convention = chooseConvention(text, mentions, conventions);
  if (convention !== conventions[0]) {
    const [{ file, line }] = mentions as readonly [M];
    problems.push({ exampleId, file, line, reason: "offset-unit" });
  }
  for (const mention of mentions) {
    const { file, line, id } = mention;
    const report = (reason: ReadingProblem["reason"], span?: Span): void => {
      problems.push({
        exampleId,
        ...(id === undefined ? {} : { entityId: id }),
        ...(span === undefined ? {} : { span }),
        file,
        line,
        reason,
      });
    };
    const spans = toSpans(mention, convention);
    if (spans?.some(([start, end]) => start >= end)) report("empty-span");
    else if (spans !== null && isQuoted(text, spans, mention.quote)) placed.push({ mention, spans });
    else {
      const moved = mention.quote === null ? null : findQuote(text, mention, spans);
      if (moved !== null) {
        report("moved", moved);
        placed.push({ mention, spans: [moved] });
      } else if (spans === null) report("outside-text");
      else report("text-mismatch", [spans[0]![0], spans.at(-1)![1]]);
    }
  }
  return { placed, problems };
}

/** How offsets may be counted, the format's own way first. */
function listConventions(text: string, unit: OffsetUnit, hadMark: boolean): Convention[] {
  const own = offsetReader(text, unit);
  const conventions: Convention[] = [own];
  if (hadMark) conventions.push((offset) => own(offset - 1));
  if (text.includes("\r\n")) conventions.push(lineEndsAsOne(text, unit));
  // Equal on plain ASCII, so only tried where they differ.
  if (/[^\0-\x7f]/.test(text))
    for (const other of ["codepoint", "utf16", "byte"] as const)
      if (other !== unit) conventions.push(offsetReader(text, other));
  return conventions;
}

/** Offsets counted after CRLF was read as LF (Python's text mode). */
function lineEndsAsOne(text: string, unit: OffsetUnit): Convention {
  const places: number[] = [];
  let short = "";
  for (let at = 0; at <= text.length; at++) {
    if (text[at] === "\r" && text[at + 1] === "\n") continue;
    places.push(at);
    short += text[at] ?? "";
  }
  const own = offsetReader(short, unit);
  return (offset) => {
    const place = own(offset);
    return place === null ? null : places[place]!;
  };
}

function chooseConvention(
  text: string,
  mentions: readonly StatedMention[],
  conventions: readonly Convention[],
): Convention {
  const quoted = mentions.filter(({ quote }) => quote !== null && quote !== "");
  let best = conventions[0]!;
  let most = -1;
  for (const convention of conventions) {
    let right = 0;
    for (const mention of quoted) {
      const spans = toSpans(mention, convention);
      if (spans !== null && isQuoted(text, spans, mention.quote)) right += 1;
    }
    if (right > most) [best, most] = [convention, right];
    if (right === quoted.length) break;
  }
  return best;
}

function toSpans({ fragments }: StatedMention, convention: Convention): Span[] | null {
  const spans: Span[] = [];
  for (const [start, end] of fragments) {
    const [from, to] = [convention(start), convention(end)];
    if (from === null || to === null) return null;
    spans.push([from, to]);
  }
  return spans;
}

function isQuoted(text: string, spans: readonly Span[], quote: string | null): boolean {
  if (quote === null || quote === "") return true;
  const observed = spans.map(([start, end]) => text.slice(start, end)).join(" ");
  return observed === quote || comparable(observed) === comparable(quote);
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

/** The one nearest place of the quoted text around the stated one; `null` when there is none or two are equally near. */
function findQuote(text: string, { quote, fragments }: StatedMention, spans: Span[] | null): Span | null {
  if (fragments.length > 1 || quote === null || quote.trim() === "") return null;
  const stated = (spans ?? fragments)[0]![0];
  // `.con` files quote in lower case, which keeps the length of all but a few characters.
  const lower = text.toLowerCase();
  const [searched, wanted] = lower.length === text.length ? [lower, quote.toLowerCase()] : [text, quote];
  let best: number | null = null;
  let tied = false;
  for (
    let at = searched.indexOf(wanted, Math.max(0, stated - REACH));
    at !== -1 && at <= stated + REACH;
    at = searched.indexOf(wanted, at + 1)
  ) {
    const distance = Math.abs(at - stated);
    if (best === null || distance < Math.abs(best - stated)) [best, tied] = [at, false];
    else if (distance === Math.abs(best - stated)) tied = true;
  }
  return best === null || tied ? null : [best, best + quote.length];
}
