/** @file Translates Python regular expressions (`re`, `regex` V1) to JavaScript's with flag `v`, and bounds what they look at. */
import { ClinicalBertError } from "../errors.js";
import {
  categoryMembers,
  escapeCodePoint,
  type PythonRegexDialect,
  readClass,
  readEscapedCodePoint,
} from "./python-class.js";
import { createRegexReader, type RegexReader } from "./regex-reader.js";

/** One alternative of a pattern. Widths are in UTF-16 units, `Infinity` where a pattern sets no bound. */
export interface TranslatedAlternative {
  readonly source: string;
  /** Begins with `^`. */
  readonly anchored: boolean;
  readonly width: number;
  /** How far before its match the alternative looks. */
  readonly behind: number;
  /** How far past its match the alternative looks. */
  readonly ahead: number;
}

export interface TranslatedRegex {
  /** Which of the tokenizer's patterns, for messages. */
  readonly name: string;
  /** JavaScript source for flag `v`. */
  readonly source: string;
  /** `i`, `s` or `m` for `(?i)` … at the start of the pattern. */
  readonly flags: string;
  readonly alternatives: readonly TranslatedAlternative[];
}

/** A piece of a pattern on its way. */
interface Piece extends TranslatedAlternative {
  readonly empty?: boolean;
}

/** UTF-16 units of one code point, at most. */
const UNITS = 2;

/**
 * Translates `pattern`. Classes are what Python 3 means by them, on code points; `$` also matches before a line feed at the
 * end, as in Python. `ClinicalBertError` SPACY_REGEX for what JavaScript cannot say (possessive quantifiers, inline flags).
 */
export function translatePythonRegex(
  pattern: string,
  name: string,
  dialect: PythonRegexDialect,
): TranslatedRegex {
  const reader = createRegexReader(pattern, name);
  let flags = "";
  for (
    let match = reader.takeMatch(/\(\?([aiLmsux]+)\)/y);
    match !== null;
    match = reader.takeMatch(/\(\?([aiLmsux]+)\)/y)
  ) {
    if (/[aLx]/.test(match[1]!)) throw reader.fail(`flags ${match[1]} are not supported`);
    flags += match[1]!.replaceAll("u", "");
  }
  const context: Context = { reader, dialect, flags };
  const alternatives = readAlternatives(context);
  if (!reader.done) throw reader.fail("a closing parenthesis too many");
  const source = alternatives.map((alternative) => alternative.source).join("|");
  return { name, source, flags: [...new Set(flags)].join(""), alternatives };
}

/** The JavaScript expression of a translated pattern; `sticky` matches at `lastIndex` only. */
export function compileRegex(regex: TranslatedRegex, mode: "search" | "sticky" | "all"): RegExp {
  const flags = { search: "v", sticky: "vy", all: "gv" }[mode] + regex.flags;
  try {
    return new RegExp(`(?:${regex.source})`, flags);
  } catch (error) {
    const message = `The ${regex.name} pattern of the tokenizer cannot be said in JavaScript.`;
    throw new ClinicalBertError("SPACY_REGEX", message, { details: { pattern: regex.name }, cause: error });
  }
}

interface Context {
  readonly reader: RegexReader;
  readonly dialect: PythonRegexDialect;
  readonly flags: string;
}

function readAlternatives(context: Context): TranslatedAlternative[] {
  const alternatives = [readSequence(context)];
  while (context.reader.take("|")) alternatives.push(readSequence(context));
  return alternatives;
}

function readSequence(context: Context): TranslatedAlternative {
  const { reader } = context;
  let source = "";
  let [width, behind, ahead] = [0, 0, 0];
  const anchored = reader.peek() === "^";
  while (!reader.done && reader.peek() !== "|" && reader.peek() !== ")") {
    const piece = readQuantified(context);
    source += piece.source;
    behind = Math.max(behind, piece.behind - width);
    ahead = Math.max(ahead, piece.ahead);
    width += piece.width;
  }
  return { source, anchored, width, behind, ahead };
}

function readQuantified(context: Context): Piece {
  const { reader } = context;
  const piece = readPiece(context);
  const match = reader.takeMatch(/([*+?]|\{\d+\}|\{\d*,\d*\})([?+]?)/y);
  if (match === null || piece.empty === true) return piece;
  if (match[2] === "+") throw reader.fail("possessive quantifiers are not supported");
  const quantifier = match[1]!.replace("{,", "{0,");
  return {
    ...piece,
    source: `${piece.source}${quantifier}${match[2]}`,
    width: piece.width * mostRepeats(quantifier),
  };
}

function mostRepeats(quantifier: string): number {
  if (quantifier === "?") return 1;
  const bounds = /^\{(\d+)(,?)(\d*)\}$/.exec(quantifier);
  if (bounds === null || (bounds[2] === "," && bounds[3] === "")) return Number.POSITIVE_INFINITY;
  return Number(bounds[2] === "," ? bounds[3] : bounds[1]);
}

function readPiece(context: Context): Piece {
  const { reader, dialect } = context;
  const character = reader.next();
  switch (character) {
    case "^":
      return { ...assertion("^"), behind: Number.POSITIVE_INFINITY };
    case "$":
      return { ...assertion(context.flags.includes("m") ? "$" : "(?=\\n?$)"), ahead: 1 };
    case ".":
      return atom(context.flags.includes("s") ? "[^]" : "[^\\n]");
    case "[":
      return atom(readClass(reader, dialect));
    case "(":
      return readGroup(context);
    case "\\":
      return readEscape(context);
    case "*":
    case "+":
    case "?":
      throw reader.fail("a quantifier has nothing to repeat");
    default:
      return atom(escapeCodePoint(character.codePointAt(0)!));
  }
}

function atom(source: string): Piece {
  return { source, anchored: false, width: UNITS, behind: 0, ahead: 0 };
}

function assertion(source: string): Piece {
  return { source, anchored: false, width: 0, behind: 0, ahead: 0 };
}

function readEscape({ reader, dialect }: Context): Piece {
  const reference = reader.takeMatch(/[1-9]/y);
  if (reference !== null) return { ...atom(`\\${reference[0]}`), width: Number.POSITIVE_INFINITY };
  const code = readEscapedCodePoint(reader);
  if (code !== null) return atom(escapeCodePoint(code));
  const letter = reader.next();
  const word = categoryMembers("w", dialect)!;
  switch (letter) {
    case "A":
      return { ...assertion("(?<![^])"), behind: Number.POSITIVE_INFINITY };
    case "Z":
      return assertion("(?![^])");
    case "b":
      return {
        ...assertion(`(?:(?<=[${word}])(?![${word}])|(?<![${word}])(?=[${word}]))`),
        behind: UNITS,
        ahead: UNITS,
      };
    case "B":
      return {
        ...assertion(`(?:(?<=[${word}])(?=[${word}])|(?<![${word}])(?![${word}]))`),
        behind: UNITS,
        ahead: UNITS,
      };
    default: {
      const members = categoryMembers(letter.toLowerCase(), dialect);
      if (members === null) throw reader.fail(`the escape \\${letter} is not supported`);
      return atom(letter === letter.toLowerCase() ? `[${members}]` : `[^${members}]`);
    }
  }
}

function readGroup(context: Context): Piece {
  const { reader } = context;
  if (reader.takeMatch(/\?#[^)]*\)/y) !== null) return { ...assertion(""), empty: true };
  const back = reader.takeMatch(/\?P=(\w+)\)/y);
  if (back !== null) return { ...atom(`\\k<${back[1]}>`), width: Number.POSITIVE_INFINITY };
  const named = reader.takeMatch(/\?P<(\w+)>/y);
  const opening = named === null ? (reader.takeMatch(/\?(?::|=|!|<=|<!)/y)?.[0] ?? "") : `?<${named[1]}>`;
  if (opening === "" && reader.peek() === "?") throw reader.fail("this kind of group is not supported");
  const alternatives = readAlternatives(context);
  if (!reader.take(")")) throw reader.fail("a group is not closed");
  const source = `(${opening}${alternatives.map((alternative) => alternative.source).join("|")})`;
  const most = (pick: (alternative: TranslatedAlternative) => number): number =>
    Math.max(...alternatives.map(pick));
  const [width, behind, ahead] = [most((a) => a.width), most((a) => a.behind), most((a) => a.ahead)];
  if (opening === "?=" || opening === "?!") return { ...assertion(source), behind, ahead: width + ahead };
  if (opening === "?<=" || opening === "?<!") return { ...assertion(source), behind: width + behind, ahead };
  return { source, anchored: false, width, behind, ahead };
}
