/** @file Which stretches of a note are headings, as `is_title` and `is_inline_title` of heuristic_tokenize.py decide. */
import { isPythonSpace, isUpperAt } from "./characters.js";

const COLON = 58;
const OPEN = 40;
const SPACE = 32;
const STOPWORDS: ReadonlySet<string> = new Set(["of", "on", "or"]);

/**
 * True when `text[start, end)` ends with a colon and, without what stands in parentheses, every word starts with a
 * capital letter (`of`, `on`, `or` aside) and it is not `Disp` (heuristic_tokenize.py:29-49). Linear in its length.
 */
export function isTitle(text: string, start: number, end: number): boolean {
  if (end <= start || text.charCodeAt(end - 1) !== COLON) return false;
  for (let at = start; at < end; at++) {
    if (text.charCodeAt(at) !== OPEN) continue;
    const bare = withoutParentheses(text.slice(start, end - 1));
    return areTitleWords(bare, 0, bare.length);
  }
  return areTitleWords(text, start, end - 1);
}

/** Removes each `(` up to the next `)`; an unclosed one stays. */
function withoutParentheses(text: string): string {
  let kept = "";
  let at = 0;
  for (;;) {
    const open = text.indexOf("(", at);
    const close = open === -1 ? -1 : text.indexOf(")", open);
    if (close === -1) return kept + text.slice(at);
    kept += text.slice(at, open);
    at = close + 1;
  }
}

function areTitleWords(text: string, start: number, end: number): boolean {
  for (let at = start; at < end; ) {
    if (isPythonSpace(text.charCodeAt(at))) {
      at++;
      continue;
    }
    let stop = at + 1;
    while (stop < end && !isPythonSpace(text.charCodeAt(stop))) stop++;
    if (!isUpperAt(text, at) && !(stop - at === 2 && STOPWORDS.has(text.slice(at, stop)))) return false;
    at = stop;
  }
  return !(end - start === 4 && text.startsWith("Disp", start));
}

/**
 * Where the heading ends, colon included, when the line `text[start, end)` begins with letters and spaces, a colon and a
 * space, and that is a title (heuristic_tokenize.py:22-26); otherwise -1.
 */
export function inlineTitleEnd(text: string, start: number, end: number): number {
  let at = start;
  while (at < end && isLetterOrSpace(text.charCodeAt(at))) at++;
  if (at === start || at + 1 >= end) return -1;
  if (text.charCodeAt(at) !== COLON || text.charCodeAt(at + 1) !== SPACE) return -1;
  return isTitle(text, start, at + 1) ? at + 1 : -1;
}

function isLetterOrSpace(code: number): boolean {
  return code === SPACE || (code >= 97 && code <= 122) || (code >= 65 && code <= 90);
}
