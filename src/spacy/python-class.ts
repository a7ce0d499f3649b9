/** @file Translates one character class of a Python regular expression (`re`, or `regex` V1 with set algebra) to JavaScript. */
import { PYTHON_SPACE_CLASS } from "./python-text.js";
import type { RegexReader } from "./regex-reader.js";

/** `re`: spaCy 2.1 and later. `regex`: spaCy 2.0 with `regex.V1`. Both become JavaScript with flag `v`. */
export type PythonRegexDialect = "re" | "regex";

const CONTROL_ESCAPES: Readonly<Record<string, number>> = { n: 10, t: 9, r: 13, f: 12, v: 11, a: 7 };
/** General categories and binary properties; any other name of `regex` is a script. */
const PROPERTIES =
  /^(L[ultmo]?|M[nce]?|N[dlo]?|P[cdseifo]?|S[mcko]?|Z[slp]?|C[cfson]?|Alphabetic|Uppercase|Lowercase)$/;

/** Members of a class for `\w`, `\d`, `\s` and their negations (as a negated class). */
export function categoryMembers(letter: string, dialect: PythonRegexDialect): string | null {
  switch (letter) {
    case "d":
      return "\\p{Nd}";
    case "s":
      return PYTHON_SPACE_CLASS;
    case "w":
      return dialect === "re" ? "\\p{L}\\p{N}_" : "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}";
    default:
      return null;
  }
}

/** A code point written so that no flag gives it a meaning. */
export function escapeCodePoint(code: number): string {
  return /^[A-Za-z0-9]$/.test(String.fromCodePoint(code))
    ? String.fromCodePoint(code)
    : `\\u{${code.toString(16)}}`;
}

/** The code point of an escape after its backslash (`\n`, `\x41`, `\u2019`, `\U0001F300`, identity); `null` for a category. */
export function readEscapedCodePoint(reader: RegexReader): number | null {
  const hex = reader.takeMatch(/x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})/y);
  if (hex !== null) return Number.parseInt(hex[1] ?? hex[2] ?? hex[3]!, 16);
  const octal = reader.takeMatch(/0[0-7]{0,2}|[1-3][0-7]{2}/y);
  if (octal !== null) return Number.parseInt(octal[0], 8);
  const letter = reader.peek();
  if (letter === "") throw reader.fail("a backslash ends the pattern");
  if (letter in CONTROL_ESCAPES) {
    reader.next();
    return CONTROL_ESCAPES[letter]!;
  }
  if (/[A-Za-z0-9]/.test(letter)) return null;
  reader.next();
  return letter.codePointAt(0)!;
}

/** Reads a class after its `[` and returns the JavaScript class with its brackets. */
export function readClass(reader: RegexReader, dialect: PythonRegexDialect): string {
  const negated = reader.take("^");
  const operands: string[] = [];
  let operator = "";
  let members: string[] = [];
  let first = true;
  for (;;) {
    if (reader.done) throw reader.fail("a character class is not closed");
    if (!first && reader.take("]")) break;
    first = false;
    const set = dialect === "regex" ? reader.takeMatch(/\|\||&&|--/y)?.[0] : undefined;
    if (set === "||") continue;
    if (set !== undefined) {
      if (operator !== "" && operator !== set) throw reader.fail("set operators are mixed");
      operator = set;
      operands.push(members.join(""));
      members = [];
      continue;
    }
    if (dialect === "regex" && reader.peek() === "[") {
      reader.next();
      members.push(readClass(reader, dialect));
      continue;
    }
    members.push(readMember(reader, dialect));
  }
  const unique = [...new Set(members)].join("");
  const body =
    operands.length === 0 ? unique : [...operands, unique].map((operand) => `[${operand}]`).join(operator);
  return `[${negated ? "^" : ""}${body}]`;
}

function readMember(reader: RegexReader, dialect: PythonRegexDialect): string {
  const low = readAtom(reader, dialect);
  if (typeof low === "string") return low;
  if (reader.takeMatch(/-(?!\])/y) === null) return escapeCodePoint(low);
  const high = readAtom(reader, dialect);
  if (typeof high === "string") return `${escapeCodePoint(low)}\\u{2d}${high}`;
  if (high < low) throw reader.fail("a range of a character class runs backwards");
  return `${escapeCodePoint(low)}-${escapeCodePoint(high)}`;
}

/** A code point, or the JavaScript text of a category. */
function readAtom(reader: RegexReader, dialect: PythonRegexDialect): number | string {
  if (!reader.take("\\")) return reader.next().codePointAt(0)!;
  const property = reader.takeMatch(/([pP])\{(\w+)\}/y);
  if (property !== null) {
    const name = property[2]!;
    return `\\${property[1]}{${PROPERTIES.test(name) ? name : `Script=${name}`}}`;
  }
  const code = readEscapedCodePoint(reader);
  if (code !== null) return code;
  const letter = reader.next();
  if (letter === "b") return 8;
  const members = categoryMembers(letter.toLowerCase(), dialect);
  if (members === null) throw reader.fail(`\\${letter} in a character class is not supported`);
  return letter === letter.toLowerCase() ? members : `[^${members}]`;
}
