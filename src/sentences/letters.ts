/** @file Classes of characters for the sentence rules, by UTF-16 unit. */

export function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

export function isWhite(code: number): boolean {
  return (
    code === 32 ||
    (code >= 9 && code <= 13) ||
    code === 0xa0 ||
    (code >= 0x2000 && code <= 0x200a) ||
    code === 0x2028 ||
    code === 0x2029 ||
    code === 0x3000
  );
}

const UPPER = /^\p{Lu}$/u;
const LOWER = /^\p{Ll}$/u;
const LETTER = /^\p{L}$/u;

export function isUpper(code: number): boolean {
  return code < 128 ? code >= 65 && code <= 90 : UPPER.test(String.fromCharCode(code));
}

export function isLower(code: number): boolean {
  return code < 128 ? code >= 97 && code <= 122 : LOWER.test(String.fromCharCode(code));
}

export function isLetter(code: number): boolean {
  return code < 128
    ? (code >= 65 && code <= 90) || (code >= 97 && code <= 122)
    : LETTER.test(String.fromCharCode(code));
}
