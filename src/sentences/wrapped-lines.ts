/** @file Tells line breaks that end something from those that only wrap a long line. */

const LINE_FEED = 10;
const SPACE = 32;

/** Text is wrapped at a width of at most this; longer lines mean that breaks are real. */
const WIDEST_WRAP = 100;
/** A break after a shorter line is never a wrap because of its length alone. */
const NARROWEST_WRAP = 60;
/** A de-identification placeholder stands for something of about this length when the lines were wrapped. */
const PLACEHOLDER_WIDTH = 8;

interface Line {
  /** First character that is not white. */
  readonly start: number;
  /** After the last character that is not white. */
  readonly end: number;
  readonly indent: number;
  /** Length with placeholders as they stand, and as they were when the note was written. */
  readonly width: number;
  readonly writtenWidth: number;
  /** True when an empty line stands before it. */
  readonly afterBlank: boolean;
}

/** Starts of the lines that begin a new sentence, the first line among them, in order. Linear. */
export function findLineStarts(text: string): number[] {
  if (text.indexOf("\n") === -1) return [0];
  const lines = readLines(text);
  const starts: number[] = [];
  for (let first = 0; first < lines.length; ) {
    let last = first + 1;
    while (last < lines.length && !lines[last]!.afterBlank) last++;
    startsOfBlock(text, lines.slice(first, last), starts);
    first = last;
  }
  return starts;
}

function readLines(text: string): Line[] {
  const lines: Line[] = [];
  let afterBlank = true;
  for (let from = 0; from <= text.length; ) {
    const feed = text.indexOf("\n", from);
    const stop = feed === -1 ? text.length : feed;
    let start = from;
    while (start < stop && isSpace(text.charCodeAt(start))) start++;
    let end = stop;
    while (end > start && isSpace(text.charCodeAt(end - 1))) end--;
    if (end > start) {
      const width = end - from;
      const writtenWidth = width - shrinkage(text, start, end);
      lines.push({ start, end, indent: start - from, width, writtenWidth, afterBlank });
    }
    afterBlank = end === start;
    from = stop + 1;
  }
  return lines;
}

/** By how much the placeholders (`[** … **]`) of a line are longer than what they stand for. */
function shrinkage(text: string, start: number, end: number): number {
  let sum = 0;
  const line = text.slice(start, end);
  for (let at = line.indexOf("[**"); at !== -1; at = line.indexOf("[**", at + 3)) {
    const close = line.indexOf("**]", at + 3);
    if (close === -1) break;
    sum += close + 3 - at - PLACEHOLDER_WIDTH;
    at = close;
  }
  return sum;
}

/** Widths of a block of lines, as they stand and as they were written. */
interface Block {
  readonly widest: number;
  readonly widestWritten: number;
  /** False when the writer pressed return at will. */
  isWrapped: boolean;
}

/** One block of lines without an empty line between them. */
function startsOfBlock(text: string, lines: readonly Line[], starts: number[]): void {
  starts.push(lines[0]!.start);
  if (lines.length === 1) return;
  let widest = NARROWEST_WRAP;
  let widestWritten = NARROWEST_WRAP;
  for (const line of lines) {
    widest = Math.max(widest, line.width);
    widestWritten = Math.max(widestWritten, line.writtenWidth);
  }
  const block: Block = { widest, widestWritten, isWrapped: widestWritten <= WIDEST_WRAP };
  block.isWrapped &&= goesOnMostly(text, lines, block);
  for (let index = 1; index < lines.length; index++) {
    const next = lines[index]!;
    if (!goesOn(text, lines[index - 1]!, next, block)) starts.push(next.start);
  }
}

/** Hand-made wraps miss the width by a few characters. */
const SLACK = 0.95;

/** True when the next line's first word would not have fitted on `line`. */
function isFull(text: string, line: Line, next: Line, { widest, widestWritten }: Block): boolean {
  const word = 1 + firstWordLength(text, next);
  return line.width + word > SLACK * widest || line.writtenWidth + word > SLACK * widestWritten;
}

/** True when `line` takes up at least `share` of the block's width. */
function isWide(line: Line, { widest, widestWritten }: Block, share: number): boolean {
  return line.width >= share * widest || line.writtenWidth >= share * widestWritten;
}

/** Whether lines that go on in lower case are those that are full: otherwise the writer pressed return. */
function goesOnMostly(text: string, lines: readonly Line[], block: Block): boolean {
  let wrapped = 0;
  let returned = 0;
  for (let index = 1; index < lines.length; index++) {
    const line = lines[index - 1]!;
    const next = lines[index]!;
    if (!isLower(text.charCodeAt(next.start)) || endsSentence(text, line.end)) continue;
    if (isFull(text, line, next, block)) wrapped++;
    else if (next.indent <= line.indent && !isWide(line, block, 0.8)) returned++;
  }
  return returned <= wrapped;
}

/** Whether `next` continues the sentence at the end of `line`, leaving aside full stops inside both. */
function goesOn(text: string, line: Line, next: Line, block: Block): boolean {
  if (endsHeading(text, line) || beginsItem(text, next)) return false;
  const isLowerStart = isLower(text.charCodeAt(next.start));
  const isMiddle = isLowerStart || isMiddleStart(text.charCodeAt(next.start));
  if (endsWithSmallWord(text, line) && isMiddle) return true;
  if (!block.isWrapped) return endsOpen(text, line) && isLowerStart;
  if (isFull(text, line, next, block)) return endsOpen(text, line) || isMiddle || !beginsHeading(text, next);
  if (endsSentence(text, line.end)) return isLowerStart && isWide(line, block, 0.6);
  if (endsOpen(text, line)) return isLowerStart || isWide(line, block, 0.6);
  if (isLowerStart) return next.indent > line.indent || isWide(line, block, 0.5);
  return isMiddle && isWide(line, block, 0.6);
}

/** Digits and opening brackets: rarely the start of a sentence. */
function isMiddleStart(code: number): boolean {
  return (code >= 48 && code <= 57) || code === 40 || code === 91;
}

function endsHeading(text: string, line: Line): boolean {
  return text.charCodeAt(line.end - 1) === 58;
}

function endsSentence(text: string, end: number): boolean {
  const last = text.charCodeAt(end - 1);
  return last === 46 || last === 33 || last === 63;
}

const SMALL_WORD =
  /(?:^|\s)(?:and|or|of|the|a|an|to|with|for|by|in|on|at|from|is|was|were|are|no|per|his|her|due|than)$/;

/** Ends with a small word that cannot be the end. */
function endsWithSmallWord(text: string, line: Line): boolean {
  return SMALL_WORD.test(text.slice(Math.max(line.start, line.end - 6), line.end));
}

/** Ends with a comma, a dash or a small word. */
function endsOpen(text: string, line: Line): boolean {
  return /[,/&+–-]$/.test(text.slice(line.end - 1, line.end)) || endsWithSmallWord(text, line);
}

/** A dash, bullet, number or letter of a list (a full stop inside a decimal is none), or the date of a laboratory line. */
const ITEM =
  /^(?:[-*•#>+~]+\s|[-*•#](?!\d)|\d{1,3}(?:[.)](?!\d)|\.\))|\(?[a-zA-Z][.)]\s|[ivx]{1,4}[.)]\s|\[\*\*[\d-]{4,12}\*\*\]\s+\d{1,2}:\d\d)/;

function beginsItem(text: string, line: Line): boolean {
  return ITEM.test(text.slice(line.start, Math.min(line.start + 28, line.end + 1)));
}

/** Capital, some words, a colon near the start: "Neck: supple". */
function beginsHeading(text: string, line: Line): boolean {
  const head = text.slice(line.start, Math.min(line.start + 40, line.end));
  return /^[A-Z][A-Za-z0-9/&() -]{0,32}:(?!\d)/.test(head);
}

function firstWordLength(text: string, line: Line): number {
  let end = line.start;
  while (end < line.end && !isSpace(text.charCodeAt(end))) end++;
  return end - line.start;
}

function isSpace(code: number): boolean {
  return code === SPACE || (code >= 9 && code <= 13 && code !== LINE_FEED) || code === 0xa0;
}

function isLower(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 0xdf && code <= 0xff && code !== 0xf7);
}
