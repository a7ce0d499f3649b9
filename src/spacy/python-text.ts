/** @file What Python 3 means by white space, letters, digits, case and titles, for strings of UTF-16 units. */
import { EXTRA_DIGITS } from "./tables/spacy-v3.generated.js";

/** `str.isspace` of one code point. */
export function isPythonSpace(code: number): boolean {
  if (code <= 0x20) return code === 0x20 || (code >= 0x09 && code <= 0x0d) || (code >= 0x1c && code <= 0x1f);
  if (code < 0x1680) return code === 0x85 || code === 0xa0;
  return (
    code === 0x1680 ||
    (code >= 0x2000 && code <= 0x200a) ||
    code === 0x2028 ||
    code === 0x2029 ||
    code === 0x202f ||
    code === 0x205f ||
    code === 0x3000
  );
}

/** The same set, as members of a character class of a regular expression with flag `u` or `v`. */
export const PYTHON_SPACE_CLASS =
  "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";

const SPACES_ONLY = new RegExp(`^[${PYTHON_SPACE_CLASS}]+$`, "u");
const LETTER = /^\p{L}$/u;
const UPPER = /^\p{Uppercase}$/u;
const LOWER = /^\p{Lowercase}$/u;
const TITLE = /^\p{Lt}$/u;
const DECIMAL = /^\p{Nd}$/u;
const LETTERS = /^\p{L}+$/u;
const HAS_UPPER = /\p{Uppercase}/u;
const HAS_LOWER = /\p{Lowercase}/u;
const HAS_TITLE = /\p{Lt}/u;
const PUNCTUATION = /^\p{P}+$/u;

/** `str.isspace`: at least one character, all of them white space. */
export function isSpaceText(text: string): boolean {
  return SPACES_ONLY.test(text);
}

/** spaCy's `is_punct`: every character is of a category P*. */
export function isPunctuationText(text: string): boolean {
  return PUNCTUATION.test(text);
}

/** `str.isalpha`: letters only. */
export function isLetterText(text: string): boolean {
  return LETTERS.test(text);
}

/** `str.isupper`: some cased character, none of them lower or title case. */
export function isUpperText(text: string): boolean {
  return HAS_UPPER.test(text) && !HAS_LOWER.test(text) && !HAS_TITLE.test(text);
}

/** `str.islower`: some cased character, none of them upper or title case. */
export function isLowerText(text: string): boolean {
  return HAS_LOWER.test(text) && !HAS_UPPER.test(text) && !HAS_TITLE.test(text);
}

/** `str.isdigit` of one character: decimal digits and those of circles, superscripts, … */
export function isDigitCharacter(character: string): boolean {
  if (DECIMAL.test(character)) return true;
  const code = character.codePointAt(0)!;
  return code >= 0xb2 && EXTRA_DIGITS.some(([first, last]) => code >= first && code <= last);
}

/**
 * `str.istitle`: upper-case and title-case characters stand first or after an uncased one, lower-case ones after a cased
 * one, and there is at least one cased character (CPython, Objects/unicodeobject.c, unicode_istitle_impl).
 */
export function isTitleText(text: string): boolean {
  let cased = false;
  let previousCased = false;
  for (const character of text) {
    if (UPPER.test(character) || TITLE.test(character)) {
      if (previousCased) return false;
      previousCased = true;
      cased = true;
    } else if (LOWER.test(character)) {
      if (!previousCased) return false;
      cased = true;
    } else previousCased = false;
  }
  return cased;
}

const LONG_WORD = 100;
const LONGEST_RUN = 4;

/** spaCy's word shape (lang/lex_attrs.py, word_shape): letters to `x`/`X`, digits to `d`, runs cut to four. */
export function wordShape(text: string): string {
  if (text.length >= LONG_WORD && [...text].length >= LONG_WORD) return "LONG";
  let shape = "";
  let last = "";
  let run = 0;
  for (const character of text) {
    const kind = shapeCharacter(character);
    if (kind === last) run++;
    else {
      run = 0;
      last = kind;
    }
    if (run < LONGEST_RUN) shape += kind;
  }
  return shape;
}

function shapeCharacter(character: string): string {
  const code = character.charCodeAt(0);
  if (code < 0x80) {
    if (code >= 0x61 && code <= 0x7a) return "x";
    if (code >= 0x41 && code <= 0x5a) return "X";
    return code >= 0x30 && code <= 0x39 ? "d" : character;
  }
  if (LETTER.test(character)) return UPPER.test(character) ? "X" : "x";
  return isDigitCharacter(character) ? "d" : character;
}

/** The first code point. */
export function firstCharacter(text: string): string {
  return String.fromCodePoint(text.codePointAt(0)!);
}

/** The last `count` code points, or all of them. */
export function lastCharacters(text: string, count: number): string {
  let start = text.length;
  for (let taken = 0; taken < count && start > 0; taken++) {
    const unit = text.charCodeAt(start - 1);
    const paired = unit >= 0xdc00 && unit <= 0xdfff && isHighSurrogate(text.charCodeAt(start - 2));
    start -= paired ? 2 : 1;
  }
  return text.slice(start);
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}
