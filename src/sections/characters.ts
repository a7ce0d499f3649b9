/** @file White space, capitals and digits as Python's `str` and `re` define them, since the published script is Python. */

/** Character classes of one UTF-16 unit, up to U+007F. */
const SPACE = 1;
const ascii = new Uint8Array(128);
for (const code of [9, 10, 11, 12, 13, 28, 29, 30, 31, 32]) ascii[code] = SPACE;

const SPACES_ABOVE_ASCII = new Set([
  0x85, 0xa0, 0x1680, 0x2000, 0x2001, 0x2002, 0x2003, 0x2004, 0x2005, 0x2006, 0x2007, 0x2008, 0x2009, 0x200a,
  0x2028, 0x2029, 0x202f, 0x205f, 0x3000,
]);

/** `str.isspace` and `\s` of Python: JavaScript's white space without U+FEFF, with U+001C to U+001F and U+0085. */
export function isPythonSpace(code: number): boolean {
  return code < 128 ? ascii[code] === SPACE : code >= 0x85 && SPACES_ABOVE_ASCII.has(code);
}

/**
 * White in Python and in JavaScript. What only one of them calls white is kept inside spans, so that a note is
 * lossless by either definition.
 */
export function isWhite(code: number): boolean {
  if (code < 128) return code === 32 || (code >= 9 && code <= 13);
  return code !== 0x85 && code >= 0xa0 && SPACES_ABOVE_ASCII.has(code);
}

export type SpaceTest = (code: number) => boolean;

/** First index in `[start, end)` that is not white, or `end`. */
export function skipSpace(text: string, start: number, end: number, isSpace: SpaceTest): number {
  let index = start;
  while (index < end && isSpace(text.charCodeAt(index))) index++;
  return index;
}

/** End of `[start, end)` without the white space at its end; `start` when all is white. */
export function dropSpace(text: string, start: number, end: number, isSpace: SpaceTest): number {
  let index = end;
  while (index > start && isSpace(text.charCodeAt(index - 1))) index--;
  return index;
}

const UPPERCASE = /^\p{Uppercase}/u;

/** `str.isupper` of the one character at `index`. */
export function isUpperAt(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  if (code < 128) return code >= 65 && code <= 90;
  return UPPERCASE.test(text.slice(index, index + 2));
}

const DECIMAL = /^\p{Nd}/u;

/** UTF-16 units of the decimal digit (`\d` of Python, any script) at `index`: 0 when there is none. */
export function digitLength(text: string, index: number): 0 | 1 | 2 {
  const code = text.charCodeAt(index);
  if (code < 128) return code >= 48 && code <= 57 ? 1 : 0;
  if (Number.isNaN(code) || !DECIMAL.test(text.slice(index, index + 2))) return 0;
  return code >= 0xd800 && code <= 0xdbff ? 2 : 1;
}

/** End of the run of decimal digits that starts at `index`; `index` when there is none. */
export function skipDigits(text: string, index: number, end: number): number {
  let at = index;
  while (at < end) {
    const length = digitLength(text, at);
    if (length === 0) break;
    at += length;
  }
  return at;
}

/** Value 0 to 9 of the decimal digit at `index`: in every script the ten digits stand in order, zero first. */
export function digitValue(text: string, index: number): number {
  const point = text.codePointAt(index)!;
  if (point < 128) return point - 48;
  let zero = point;
  while (point - zero < 9 && DECIMAL.test(String.fromCodePoint(zero - 1))) zero--;
  return (point - zero) % 10;
}
