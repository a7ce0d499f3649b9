/**
 * @file Offsets as an annotation file states them, to UTF-16 spans of the text. The quoted text of each mention tells whether
 * they are right: files are met whose offsets count bytes (so it seems i2b2 2014, 180-03.xml, whose published patch adds four
 * blanks for two typographic apostrophes), a byte order mark, or line ends as they were before or after a program changed them.
 */
import { type OffsetUnit, offsetReader } from "../../notes/offset-units.js";
import type { Span } from "../../notes/span.js";
import type { ReadingProblem } from "../example.js";
import { findQuote, inTextOrder, isQuoted, quotes } from "./quoted-text.js";

export interface StatedMention {
  readonly id?: string;
  /** Fragments in the unit of the format, half-open, in the order of the source. */
  readonly fragments: readonly (readonly [start: number, end: number])[];
  /** The text that the annotation quotes, fragments joined by a blank; `null` or blank where it quotes none. */
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
  /** Places were looked up in `text` itself, so that they cannot count anything else. */
  readonly lookedUp?: boolean;
}

type Convention = (offset: number) => number | null;

/** The spans of `mentions`, and a problem for each that could not be placed as it is stated. */
export function placeMentions<M extends StatedMention>(
  exampleId: string,
  text: string,
  mentions: readonly M[],
  { unit, hadMark = false, lookedUp = false }: PlaceOptions,
): { readonly placed: PlacedMention<M>[]; readonly problems: ReadingProblem[] } {
  const problems: ReadingProblem[] = [];
  const placed: PlacedMention<M>[] = [];
  const own = offsetReader(text, unit);
  const others = lookedUp ? [] : otherConventions(text, unit, hadMark);
  const convention = chooseConvention(text, mentions, own, others);
  if (convention !== own) {
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
    const stated = toSpans(mention, convention);
    const spans = stated && inTextOrder(stated);
    if (spans?.some(([start, end]) => start >= end)) report("empty-span");
    else if (stated !== null && spans !== null && isQuoted(text, stated, mention.quote))
      placed.push({ mention, spans });
    else {
      const place = (spans ?? mention.fragments)[0]![0];
      const whole = quotes(mention.quote) && mention.fragments.length === 1;
      const moved = whole ? findQuote(text, mention.quote, place) : null;
      if (moved !== null) {
        report("moved", moved);
        placed.push({ mention, spans: [moved] });
      } else if (spans === null) report("outside-text");
      else report("text-mismatch", [spans[0]![0], spans.at(-1)![1]]);
    }
  }
  return { placed, problems };
}

/** How offsets are counted where not in the format's own way, each made only where those before it do not explain all mentions. */
function* otherConventions(text: string, unit: OffsetUnit, hadMark: boolean): Generator<Convention> {
  if (hadMark) {
    const own = offsetReader(text, unit);
    yield (offset) => own(offset - 1);
  }
  if (text.includes("\n")) yield otherLineEnds(text, unit);
  // Equal on plain ASCII, so only tried where they differ.
  if (/[^\0-\x7f]/.test(text))
    for (const other of ["codepoint", "utf16", "byte"] as const)
      if (other !== unit) yield offsetReader(text, other);
}

/** Offsets counted after CRLF was read as LF (Python's text mode); in a text with LF, before it was (git, XML). */
function otherLineEnds(text: string, unit: OffsetUnit): Convention {
  const [end, counted] = text.includes("\r\n") ? ["\r\n", "\n"] : ["\n", "\r\n"];
  const places: number[] = [];
  let at = 0;
  for (const line of text.split(end)) {
    for (let unitOfLine = 0; unitOfLine < line.length; unitOfLine++) places.push(at++);
    for (let unitOfEnd = 0; unitOfEnd < counted.length; unitOfEnd++) places.push(at);
    at += end.length;
  }
  const own = offsetReader(text.replaceAll(end, counted), unit);
  return (offset) => {
    const place = own(offset);
    return place === null ? null : places[place]!;
  };
}

function chooseConvention(
  text: string,
  mentions: readonly StatedMention[],
  own: Convention,
  others: Iterable<Convention>,
): Convention {
  const quoted = mentions.filter(({ quote }) => quotes(quote));
  const countRight = (convention: Convention): number =>
    quoted.filter((mention) => {
      const spans = toSpans(mention, convention);
      return spans !== null && isQuoted(text, spans, mention.quote);
    }).length;
  let best = own;
  let most = countRight(own);
  if (most === quoted.length) return own;
  for (const convention of others) {
    const right = countRight(convention);
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
