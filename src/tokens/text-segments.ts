/** @file Cuts raw text into what is tokenized and what is one token as it stands: added tokens and de-identification placeholders. */

/** A token that is found in raw text before anything else is done to it (tokenizers: added_vocabulary.rs). */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
  /** Matched in normalized text: without regard to case where the tokenizer lower-cases. */
  readonly normalized: boolean;
  /** Not inside a longer word. */
  readonly singleWord: boolean;
  /** Takes the spaces before (after) it along. */
  readonly lstrip: boolean;
  readonly rstrip: boolean;
}

/** `id` null: text to tokenize. */
export interface TextSegment {
  readonly start: number;
  readonly end: number;
  readonly id: number | null;
}

/** What finds the next token in `text[from, to)`; `null` when there is none. */
export type SegmentFinder = (text: string, from: number, to: number) => TextSegment | null;

/** The segments of `text[start, to)` in order. Of two finds that begin at one place the longer wins. */
export function* segmentText(
  text: string,
  finders: readonly SegmentFinder[],
  start: number,
  to: number,
): Generator<TextSegment> {
  let from = start;
  const pending = finders.map((find) => find(text, from, to));
  while (from < to) {
    let next: TextSegment | null = null;
    for (let index = 0; index < finders.length; index++) {
      let found: TextSegment | null = pending[index] ?? null;
      if (found !== null && found.start < from) {
        found = finders[index]!(text, from, to);
        pending[index] = found;
      }
      if (found === null) continue;
      if (next === null || found.start < next.start || (found.start === next.start && found.end > next.end))
        next = found;
    }
    if (next === null) break;
    if (next.start > from) yield { start: from, end: next.start, id: null };
    yield next;
    from = next.end;
  }
  if (from < to) yield { start: from, end: to, id: null };
}

/** Leftmost, then longest match of added tokens. */
export function findAddedTokens(tokens: readonly AddedToken[], ignoreCase: boolean): SegmentFinder {
  const byLength = [...tokens].sort((left, right) => right.content.length - left.content.length);
  const byFirst = new Map<number, AddedToken[]>();
  for (const token of byLength) {
    const first = token.content.charCodeAt(0);
    for (const unit of ignoreCase && token.normalized ? bothCases(first) : [first]) {
      const list = byFirst.get(unit) ?? [];
      list.push(token);
      byFirst.set(unit, list);
    }
  }
  const matches = (text: string, at: number, to: number, token: AddedToken): boolean => {
    const end = at + token.content.length;
    if (end > to) return false;
    const loose = ignoreCase && token.normalized;
    const slice = text.slice(at, end);
    if (loose ? slice.toLowerCase() !== token.content.toLowerCase() : slice !== token.content) return false;
    return !token.singleWord || !(isWordUnit(text, at - 1) || isWordUnit(text, end));
  };
  const nextBegin = findFirstUnits([...byFirst.keys()]);
  return (text, from, to) => {
    for (let at = nextBegin(text, from); at < to; at = nextBegin(text, at + 1)) {
      const unit = text.charCodeAt(at);
      const token = byFirst.get(unit)?.find((each) => matches(text, at, to, each));
      if (token === undefined) continue;
      let start = at;
      let end = at + token.content.length;
      while (token.lstrip && start > from && isSpaceUnit(text, start - 1)) start -= 1;
      while (token.rstrip && end < to && isSpaceUnit(text, end)) end += 1;
      return { start, end, id: token.id };
    }
    return null;
  };
}

/**
 * Finds the next of several units by the engine's own search. What was found is remembered for the text, which may be a block of
 * thousands of lines of which the caller asks one at a time.
 */
function findFirstUnits(units: readonly number[]): (text: string, from: number) => number {
  const searches = units.map((unit) => ({ unit: String.fromCharCode(unit), text: "", from: 0, found: 0 }));
  return (text, from) => {
    let nearest = text.length;
    for (const search of searches) {
      if (search.text !== text || from < search.from || search.found < from) {
        search.text = text;
        search.from = from;
        search.found = text.indexOf(search.unit, from);
        if (search.found === -1) search.found = text.length;
      }
      nearest = Math.min(nearest, search.found);
    }
    return nearest;
  };
}

function bothCases(unit: number): Set<number> {
  const text = String.fromCharCode(unit);
  return new Set([text.toLowerCase().charCodeAt(0), text.toUpperCase().charCodeAt(0)]);
}

function isWordUnit(text: string, at: number): boolean {
  return at >= 0 && at < text.length && /[\p{L}\p{N}\p{M}_]/u.test(text[at]!);
}

function isSpaceUnit(text: string, at: number): boolean {
  return /\s/.test(text[at]!);
}

/** Longest placeholder of MIMIC-III is well below this; a stray `[**` must not swallow a note. */
const MAX_PLACEHOLDER = 200;
const MIN_UNDERSCORES = 3;

/** The first two units of every placeholder. */
export const PLACEHOLDER_STARTS: readonly string[] = ["[*", "__"];

/** MIMIC-III's `[** … **]` on one line, and MIMIC-IV's `___`. */
export function findPlaceholders(id: number): SegmentFinder {
  return (text, from, to) => {
    for (let at = from; at < to; at++) {
      const unit = text.charCodeAt(at);
      if (unit === 91 && text.startsWith("[**", at)) {
        const close = text.slice(at, Math.min(to, at + MAX_PLACEHOLDER)).indexOf("**]", 3);
        if (close > 0) return { start: at, end: at + close + 3, id };
      } else if (unit === 95) {
        let end = at + 1;
        while (end < to && text.charCodeAt(end) === 95) end += 1;
        if (end - at >= MIN_UNDERSCORES) return { start: at, end, id };
        at = end - 1;
      }
    }
    return null;
  };
}
