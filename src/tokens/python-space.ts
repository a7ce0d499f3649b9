/** @file What Python's `str.isspace`, `str.strip` and `str.split` take for a space; JavaScript's `\s` differs in six characters. */

/** White_Space, U+001C–U+001F, and not U+FEFF. */
export function isPythonSpace(unit: number): boolean {
  if (unit < 0x80) return unit === 32 || (unit >= 9 && unit <= 13) || (unit >= 28 && unit <= 31);
  return (
    unit === 0x85 ||
    unit === 0xa0 ||
    unit === 0x1680 ||
    (unit >= 0x2000 && unit <= 0x200a) ||
    unit === 0x2028 ||
    unit === 0x2029 ||
    unit === 0x202f ||
    unit === 0x205f ||
    unit === 0x3000
  );
}

/** `line.strip()`. */
export function stripSpaces(line: string): string {
  let start = 0;
  let end = line.length;
  while (start < end && isPythonSpace(line.charCodeAt(start))) start += 1;
  while (end > start && isPythonSpace(line.charCodeAt(end - 1))) end -= 1;
  return start === 0 && end === line.length ? line : line.slice(start, end);
}

/** `not text[from:to].strip()`. */
export function isBlank(text: string, from = 0, to = text.length): boolean {
  for (let at = from; at < to; at++) if (!isPythonSpace(text.charCodeAt(at))) return false;
  return true;
}
