/** @file Decides whether a full stop, question or exclamation mark ends a sentence, from the words on both sides. */
import { AFTER_DOSE, LOWER_STARTERS, MAY_BE_LAST, NEVER_LAST, STARTERS } from "./abbreviations.js";
import { isDigit, isLetter, isLower, isUpper, isWhite } from "./letters.js";

const FULL_STOP = 46;
const QUESTION = 63;

/** Longer tokens are no abbreviations; bounds the work at each mark. */
const LONGEST_TOKEN = 24;

export interface Mark {
  /** First of the marks (`.`, `...`, `?!`). */
  readonly start: number;
  /** After the marks and the quotes or brackets that they close. */
  readonly end: number;
  /** Number of marks. */
  readonly length: number;
  /** First character of what follows. */
  readonly next: number;
  /** True when a comma stands between, as MTSamples has it in the place of a paragraph break. */
  readonly hasComma: boolean;
}

/** True when a sentence that began at `sentence` ends with `mark`. Looks at a bounded number of characters. */
export function endsSentence(text: string, sentence: number, mark: Mark): boolean {
  const follower = followerAt(text, mark.next);
  if (follower === "other") return false;
  const first = text.charCodeAt(mark.start);
  const token = tokenBefore(text, sentence, mark.start);
  if (first !== FULL_STOP || mark.length > 1) return marksEnd(text, mark, token, follower);
  if (isListMarker(text, sentence, mark.start, token)) return false;
  const word = wordAt(text, mark.next);
  const isAlone = mark.end === mark.start + 1 && !mark.hasComma;
  switch (kindOf(token)) {
    case "never":
      return false;
    case "leading":
      return follower === "upper" && STARTERS.has(word) && !mark.hasComma;
    case "initial":
      return (
        follower === "upper" && !mark.hasComma && endsAfterInitial(text, sentence, mark.start, token, word)
      );
    case "dose":
      return follower === "upper" && !mark.hasComma && (STARTERS.has(word) || !AFTER_DOSE.has(word));
    case "dotted":
      return follower === "upper" && !mark.hasComma && STARTERS.has(word);
    case "word":
      if (follower !== "lower") return true;
      return isAlone && token.length > 2 && (LOWER_STARTERS.has(word) || isSymbol(text, mark.next));
  }
}

type Follower = "upper" | "digit" | "lower" | "other";

/** What kind of character follows; quotes and brackets are looked through, placeholders count as names. */
function followerAt(text: string, at: number): Follower {
  let index = at;
  for (let passed = 0; passed < 3 && isOpening(text.charCodeAt(index)); passed++) {
    if (text.startsWith("[**", index)) return "upper";
    index++;
  }
  const code = text.charCodeAt(index);
  if (isUpper(code)) return "upper";
  if (isDigit(code)) return index === at || text.charCodeAt(at) !== 45 ? "digit" : "other";
  if (code === 95 && text.startsWith("___", index)) return "upper";
  if (isLower(code)) return index > at ? "other" : "lower";
  // Bullets, number signs and letters of other scripts begin something new; other signs go on.
  return code === 0x2022 || code === 35 || (code > 0x2ff && isLetter(code)) ? "upper" : "other";
}

/** `(`, `[`, `{` and opening quotes. */
function isOpening(code: number): boolean {
  return (
    code === 40 ||
    code === 91 ||
    code === 123 ||
    code === 34 ||
    code === 39 ||
    code === 0x201c ||
    code === 0x2018 ||
    code === 96
  );
}

/** Question and exclamation marks, and ellipses. */
function marksEnd(text: string, mark: Mark, token: string, follower: Follower): boolean {
  const first = text.charCodeAt(mark.start);
  if (first === QUESTION && mark.length === 1 && token === "") {
    // "Imp: ? UTI": a suspicion, not a question.
    let before = mark.start - 1;
    while (before >= 0 && isWhite(text.charCodeAt(before))) before--;
    return before >= 0 && isLetter(text.charCodeAt(before)) && mark.next > mark.end + 1;
  }
  if (follower === "lower") {
    // Hurried writers; but "Yahoo! is", and what was asked in quotes.
    if (mark.hasComma || mark.end !== mark.start + mark.length || first === FULL_STOP) return false;
    return first === QUESTION || mark.length > 1 || !isUpper(token.charCodeAt(0));
  }
  if (mark.hasComma && text.charCodeAt(mark.next - 1) !== 44) return first === FULL_STOP;
  return true;
}

/** The characters before a mark up to white space, an opening bracket or the sentence's start, without brackets. */
function tokenBefore(text: string, sentence: number, end: number): string {
  let start = end;
  while (start > sentence && end - start < LONGEST_TOKEN) {
    const code = text.charCodeAt(start - 1);
    if (
      isWhite(code) ||
      code === 40 ||
      code === 91 ||
      code === 34 ||
      code === 0x201c ||
      code === 44 ||
      code === 47
    )
      break;
    start--;
  }
  return text.slice(start, end);
}

/** The letters at `at`, past opening quotes and brackets. */
function wordAt(text: string, at: number): string {
  let start = at;
  while (start < at + 3 && isOpening(text.charCodeAt(start))) start++;
  let end = start;
  while (end - start < LONGEST_TOKEN && isLetter(text.charCodeAt(end))) end++;
  return text.slice(start, end);
}

/** With its bullet and white space. */
const LONGEST_MARKER = 12;

/** `1.`, `12)`, `a.` at the start of the sentence, possibly after a bullet. */
function isListMarker(text: string, sentence: number, mark: number, token: string): boolean {
  if (token.length === 0 || token.length > 3) return false;
  const isMarker = /^(?:\d{1,3}|[a-zA-Z]|[ivx]{2,3}|[IVX]{2,3})$/.test(token);
  if (!isMarker || mark - sentence > LONGEST_MARKER) return false;
  for (let at = sentence; at < mark - token.length; at++) {
    const code = text.charCodeAt(at);
    if (!isWhite(code) && !isBullet(code)) return false;
  }
  return true;
}

function isBullet(code: number): boolean {
  return code === 0x2043 || code === 45 || code === 42 || code === 0x2022 || code === 35;
}

/**
 * `never`: nothing ends here. `leading`: stands before a name or number. `dose`: units, times, forms. `dotted`: other letters
 * with full stops between them. `initial`: one capital. `word`: everything else.
 */
type Kind = "never" | "leading" | "dose" | "dotted" | "initial" | "word";

const TITLES = new Set(["dr", "drs", "mr", "mrs", "ms", "prof", "st", "i.e", "e.g", "vs", "cf"]);

function kindOf(token: string): Kind {
  if (token.length === 1 && isLetter(token.charCodeAt(0)))
    return isUpper(token.charCodeAt(0)) ? "initial" : "dose";
  if (token.length >= LONGEST_TOKEN) return "word";
  const lower = token.toLowerCase();
  if (TITLES.has(lower)) return token === lower || token.slice(1) === lower.slice(1) ? "never" : "leading";
  if (NEVER_LAST.has(lower)) return "leading";
  if (MAY_BE_LAST.has(lower)) return "dose";
  if (/^(?:[a-z]\.){1,4}[a-z]$/i.test(token)) return token === lower ? "dose" : "dotted";
  if (/^(?:ph|m|d|r|b|pharm)\.?[a-z]?\.d$|^[a-z]\.[a-z]{2}$/i.test(token)) return "dotted";
  return "word";
}

const BEFORE_INITIAL = /(?:^|\s)(?:by|dr\.|mr\.|mrs\.|ms\.|prof\.|and|&|of)$/i;

/** "J. Smith" goes on, "vitamin D. Patient" does not. */
function endsAfterInitial(
  text: string,
  sentence: number,
  mark: number,
  token: string,
  next: string,
): boolean {
  if (STARTERS.has(next)) return true;
  let end = mark - token.length;
  while (end > sentence && isWhite(text.charCodeAt(end - 1))) end--;
  if (end === sentence) return false;
  const before = text.slice(Math.max(sentence, end - LONGEST_TOKEN), end);
  if (BEFORE_INITIAL.test(before) || before.endsWith(".") || before.endsWith(",")) return false;
  const word = /[^\s(["]*$/.exec(before)![0];
  // A capital word without digit or hyphen can be a first name.
  return word !== "" && !/^\p{Lu}\p{L}*$/u.test(word);
}

/** `p52`, `mRNA`, `c-Myb`, `eTh2`: names that begin with a small letter wherever they stand. */
function isSymbol(text: string, at: number): boolean {
  return /^[a-z]{1,2}-?(?:[A-Z]|\d)/.test(text.slice(at, at + 5));
}
