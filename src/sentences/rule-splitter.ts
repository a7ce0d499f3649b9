/** @file The embedded sentence splitter: rules for clinical text that also hold for biomedical and general English. */
import { endsSentence, type Mark } from "./full-stops.js";
import { isDigit, isUpper, isWhite } from "./letters.js";
import type { Sentence, SentenceSplitter } from "./sentence.js";
import { findLineStarts } from "./wrapped-lines.js";

/** A splitter by rules. Its sentences cover every character that is not white, in order. Linear in the length of the text. */
export function createRuleSentenceSplitter(): SentenceSplitter {
  return { name: "rules", split };
}

function split(text: string): Sentence[] {
  const sentences: Sentence[] = [];
  const starts = findLineStarts(text);
  for (let index = 0; index < starts.length; index++)
    splitStretch(text, starts[index]!, starts[index + 1] ?? text.length, sentences);
  return sentences;
}

const NOTHING = 0;
const MARK = 1;
const COMMA = 2;
const DIGIT = 3;
const OPENING = 4;
const WIDE = 5;
const LINE_BREAK = 6;
const classes = new Uint8Array(128);
for (const mark of ".?!") classes[mark.charCodeAt(0)] = MARK;
for (const digit of "0123456789") classes[digit.charCodeAt(0)] = DIGIT;
for (const opening of '(["') classes[opening.charCodeAt(0)] = OPENING;
classes[44] = COMMA;
for (const feed of "\n\v\f\r") classes[feed.charCodeAt(0)] = LINE_BREAK;

const COMMA_CODE = 44;
const BULLET = 0x2022;
const HYPHEN_BULLET = 0x2043;
const ELLIPSIS = 0x2026;

/** Quotes and parentheses of at most this length are not split inside. */
const LONGEST_ASIDE = 160;
const LONGEST_PLACEHOLDER = 120;

/** One stretch of text whose line breaks only wrap it. */
function splitStretch(text: string, from: number, end: number, sentences: Sentence[]): void {
  let start = from;
  let closedUntil = -1;
  let item = -1;
  let nextLetter = -1;
  // A break before a cut belongs to one of the two sentences beside it: one look too many does no harm.
  let hasBreak = false;
  let hadBreak = false;
  const cut = (stop: number, next: number): void => {
    addSentence(text, start, stop, hasBreak || hadBreak, sentences);
    start = next;
    hadBreak = hasBreak;
    hasBreak = false;
  };
  for (let at = from; at < end; at++) {
    const code = text.charCodeAt(at);
    const kind = code < 128 ? classes[code] : classOfWide(code);
    if (kind === NOTHING) continue;
    if (kind === LINE_BREAK) hasBreak = true;
    else if (kind === OPENING) {
      const placeholder = placeholderEnd(text, at, end);
      if (placeholder > at) {
        at = placeholder - 1;
        hasBreak = true; // It may have one inside.
      } else if (at >= closedUntil) closedUntil = asideEnd(text, at, end);
      const title = editorialEnd(text, at, end);
      if (title > at) {
        hasBreak = true; // What is jumped over may have one.
        cut(title, title);
        at = title - 1;
      }
    } else if (kind === DIGIT) {
      const stop = listNumberEnd(text, at, start, end);
      if (stop > at) {
        const number = Number(text.slice(at, stop));
        if (at > start && number === item + 1 && at > closedUntil) cut(at, at);
        if (at === start) item = number;
      }
      while (at + 1 < end && isDigit(text.charCodeAt(at + 1))) at++;
    } else if (kind === COMMA) {
      const next = headingAfterComma(text, at, end);
      if (next > at) cut(at + 1, next);
    } else if (code === BULLET || code === HYPHEN_BULLET) {
      if (at > start && isWhite(text.charCodeAt(at - 1))) cut(at, at);
    } else {
      const mark = readMark(text, at, end);
      if (mark === null) {
        hasBreak = true; // White space with or without one is all that is left.
        break;
      }
      const letter = listLetter(text, at, start);
      if (letter === nextLetter) cut(at - 1, at - 1);
      if (letter !== 0 && start === at - 1) nextLetter = letter + 1;
      if (mark.end > closedUntil && mark.next > mark.end && endsSentence(text, start, mark)) {
        hasBreak ||= mark.hasComma; // One can stand before the comma.
        cut(mark.next, mark.next);
      }
      at = mark.end - 1;
    }
  }
  addSentence(text, start, end, hasBreak || hadBreak, sentences);
}

function classOfWide(code: number): number {
  if (code === BULLET || code === HYPHEN_BULLET || code === ELLIPSIS) return WIDE;
  return isLineBreak(code) ? LINE_BREAK : NOTHING;
}

function isMark(code: number): boolean {
  return code === 46 || code === 63 || code === 33 || code === ELLIPSIS;
}

function isClosing(code: number): boolean {
  return (
    code === 34 ||
    code === 39 ||
    code === 41 ||
    code === 93 ||
    code === 125 ||
    code === 0x201d ||
    code === 0x2019
  );
}

/** The marks at `start` with what they close and what follows; `null` when nothing follows. */
function readMark(text: string, start: number, end: number): Mark | null {
  let stop = start + 1;
  while (stop < end && isMark(text.charCodeAt(stop))) stop++;
  const length = text.charCodeAt(start) === ELLIPSIS ? 3 : stop - start;
  while (stop < end && isClosing(text.charCodeAt(stop))) stop++;
  let next = stop;
  while (next < end && isWhite(text.charCodeAt(next))) next++;
  const hasComma = next < end && text.charCodeAt(next) === COMMA_CODE;
  if (hasComma) {
    next++;
    while (next < end && isWhite(text.charCodeAt(next))) next++;
  }
  return next >= end ? null : { start, end: stop, length, next, hasComma };
}

/** After `[** … **]` that opens at `at`; `at` when none does. */
function placeholderEnd(text: string, at: number, end: number): number {
  if (!text.startsWith("[**", at)) return at;
  const close = text.slice(at, Math.min(end, at + LONGEST_PLACEHOLDER)).indexOf("**]");
  return close === -1 ? at : at + close + 3;
}

/** Where the quote or parenthesis that opens at `at` closes, if that is near; otherwise -1. */
function asideEnd(text: string, at: number, end: number): number {
  const opening = text.charCodeAt(at);
  if (
    opening === 91 ||
    (opening === 34 && at > 0 && !isWhite(text.charCodeAt(at - 1)) && text.charCodeAt(at - 1) !== 40)
  )
    return -1;
  const near = text.slice(at + 1, Math.min(end, at + LONGEST_ASIDE));
  const close = near.indexOf(opening === 34 ? '"' : ")");
  return close === -1 ? -1 : at + 1 + close;
}

const EDITORIAL = /^\[(?:see comments?|published errat|correct|retract|editorial)/;

/** After PubMed's "[see comments]" or "[published erratum …]" at `at` when a capital follows, which begins the abstract. */
function editorialEnd(text: string, at: number, end: number): number {
  if (text.charCodeAt(at) !== 91 || !EDITORIAL.test(text.slice(at, at + 16))) return at;
  const close = text.slice(at, Math.min(end, at + LONGEST_ASIDE)).indexOf("]");
  if (close === -1) return at;
  let next = at + close + 1;
  while (next < end && isWhite(text.charCodeAt(next))) next++;
  return next < end && isUpper(text.charCodeAt(next)) ? next : at;
}

/** After the digits of a list number (`2.`, `2)`, `2.)`, then white space) that starts a word at `at`; otherwise `at`. */
function listNumberEnd(text: string, at: number, start: number, end: number): number {
  if (at > start && !isWhite(text.charCodeAt(at - 1)) && text.charCodeAt(at - 1) !== COMMA_CODE) return at;
  let stop = at;
  while (stop < end && isDigit(text.charCodeAt(stop))) stop++;
  if (stop - at > 2) return at;
  const code = text.charCodeAt(stop);
  if (code !== 46 && code !== 41) return at;
  const after = text.charCodeAt(stop + 1);
  return isWhite(after) || (after === 41 && isWhite(text.charCodeAt(stop + 2))) ? stop : at;
}

/** The letter of `b.` in "a. one b. two", when a word of that one letter ends at `mark`; otherwise 0. */
function listLetter(text: string, mark: number, start: number): number {
  const letter = text.charCodeAt(mark - 1);
  if (mark === start || letter < 97 || letter > 122) return 0;
  return mark - 1 === start || isWhite(text.charCodeAt(mark - 2)) ? letter : 0;
}

/**
 * MTSamples joins paragraphs with commas: where text goes on after `,` when a heading in capitals or an item of a list
 * begins there; otherwise `comma`.
 */
function headingAfterComma(text: string, comma: number, end: number): number {
  let next = comma + 1;
  while (next < end && isWhite(text.charCodeAt(next))) next++;
  const code = text.charCodeAt(next);
  if (isDigit(code)) {
    const isItem = /^\d{1,2}[.)]\s/.test(text.slice(next, next + 4));
    const isParagraph = next === comma + 1 && !isDigit(text.charCodeAt(comma - 1));
    return isItem && (isParagraph || colonBefore(text, comma)) ? next : comma;
  }
  if (!isUpper(code) || next !== comma + 1) return comma;
  return /^[A-Z][A-Z &/()'-]{3,60}:/.test(text.slice(next, Math.min(end, next + 64))) ? next : comma;
}

function colonBefore(text: string, comma: number): boolean {
  let at = comma - 1;
  while (at > 0 && text.charCodeAt(at) === 32) at--;
  return text.charCodeAt(at) === 58;
}

/** Adds `[start, end)` without the white space at its edges, on one line. */
function addSentence(
  text: string,
  start: number,
  end: number,
  hasBreak: boolean,
  sentences: Sentence[],
): void {
  let from = start;
  while (from < end && isWhite(text.charCodeAt(from))) from++;
  let to = end;
  while (to > from && isWhite(text.charCodeAt(to - 1))) to--;
  if (to === from) return;
  const slice = text.slice(from, to);
  sentences.push({ text: hasBreak ? onOneLine(slice) : slice, spans: [[from, to]] });
}

/** What any program may take for the end of a line: Unicode's line breaks. */
function isLineBreak(code: number): boolean {
  return (code >= 10 && code <= 13) || code === 0x85 || code === 0x2028 || code === 0x2029;
}

/** `text` with each white-space run that holds a line break as one space. Linear. */
function onOneLine(text: string): string {
  let result = "";
  let copied = 0;
  for (let at = 0; at < text.length; at++) {
    if (!isLineBreak(text.charCodeAt(at))) continue;
    let start = at;
    while (start > copied && isWhite(text.charCodeAt(start - 1))) start--;
    let end = at + 1;
    while (end < text.length && (isWhite(text.charCodeAt(end)) || isLineBreak(text.charCodeAt(end)))) end++;
    result += `${text.slice(copied, start)} `;
    copied = end;
    at = end - 1;
  }
  return copied === 0 ? text : result + text.slice(copied);
}
