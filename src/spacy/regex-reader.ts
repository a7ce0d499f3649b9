/** @file A cursor over the code points of a Python regular expression. */
import { ClinicalBertError } from "../errors.js";

export interface RegexReader {
  readonly done: boolean;
  /** The next character, or "" at the end. */
  peek(): string;
  /** Takes the next character. */
  next(): string;
  /** Takes `text` if it comes next. */
  take(text: string): boolean;
  /** Takes what the sticky expression `pattern` matches here. */
  takeMatch(pattern: RegExp): RegExpExecArray | null;
  /** An error that names the pattern and the place. */
  fail(reason: string): ClinicalBertError;
}

export function createRegexReader(pattern: string, name: string): RegexReader {
  let at = 0;
  const peek = (): string => (at < pattern.length ? String.fromCodePoint(pattern.codePointAt(at)!) : "");
  return {
    get done() {
      return at >= pattern.length;
    },
    peek,
    next() {
      const character = peek();
      at += character.length;
      return character;
    },
    take(text) {
      if (!pattern.startsWith(text, at)) return false;
      at += text.length;
      return true;
    },
    takeMatch(expression) {
      expression.lastIndex = at;
      const match = expression.exec(pattern);
      if (match !== null) at += match[0].length;
      return match;
    },
    fail: (reason) =>
      new ClinicalBertError(
        "SPACY_REGEX",
        `The ${name} pattern of the tokenizer: ${reason} at offset ${at}.`,
        {
          details: { pattern: name, offset: at },
        },
      ),
  };
}
