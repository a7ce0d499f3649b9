/** @file The five matchers of a spaCy tokenizer file as functions on JavaScript strings. */
import { type AffixLength, prefixLength, suffixLength } from "./affix-search.js";
import type { PythonRegexDialect } from "./python-class.js";
import { compileRegex, type TranslatedRegex, translatePythonRegex } from "./python-regex.js";

export interface AffixPatterns {
  readonly prefix: AffixLength;
  readonly suffix: AffixLength;
  /** Start and end of every infix, in order, as Python's `finditer` gives them. */
  readonly infixes: (text: string) => readonly (readonly [start: number, end: number])[];
  readonly tokenMatch: (text: string) => boolean;
  readonly urlMatch: (text: string) => boolean;
}

/** Patterns as the tokenizer file has them; `null` for none. */
export interface AffixSources {
  readonly prefix: string | null;
  readonly suffix: string | null;
  readonly infix: string | null;
  readonly tokenMatch: string | null;
  readonly urlMatch: string | null;
}

/**
 * Patterns for whole words (URLs) may take quadratic time. Words longer than this are none of theirs; Python, too, would not
 * come back from the worst of them.
 */
const LONGEST_WHOLE_WORD = 16_384;

export function compileAffixPatterns(sources: AffixSources, dialect: PythonRegexDialect): AffixPatterns {
  const translate = (source: string | null, name: string): TranslatedRegex | null =>
    source === null ? null : translatePythonRegex(source, name, dialect);
  const prefix = translate(sources.prefix, "prefix_search");
  const suffix = translate(sources.suffix, "suffix_search");
  const infix = translate(sources.infix, "infix_finditer");
  return {
    prefix: prefix === null ? noLength : prefixLength(prefix),
    suffix: suffix === null ? noLength : suffixLength(suffix),
    infixes: infix === null ? () => [] : infixFinder(infix),
    // spaCy 3 binds re.match (anchored), spaCy 2.0 re.search.
    tokenMatch: wholeWordTest(translate(sources.tokenMatch, "token_match"), dialect === "re"),
    urlMatch: wholeWordTest(translate(sources.urlMatch, "url_match"), true),
  };
}

function noLength(): number {
  return 0;
}

function infixFinder(regex: TranslatedRegex): AffixPatterns["infixes"] {
  const expression = compileRegex(regex, "all");
  return (text) => {
    const found: [number, number][] = [];
    for (const match of text.matchAll(expression)) found.push([match.index, match.index + match[0].length]);
    return found;
  };
}

function wholeWordTest(regex: TranslatedRegex | null, anchored: boolean): (text: string) => boolean {
  if (regex === null) return () => false;
  const expression = compileRegex(regex, anchored ? "sticky" : "search");
  return (text) => {
    expression.lastIndex = 0;
    return text.length <= LONGEST_WHOLE_WORD && expression.test(text);
  };
}
