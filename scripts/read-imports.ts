/** @file Finds the imports of a TypeScript file: a small scanner that is not fooled by comments, strings, templates or regular expressions. */

export interface Import {
  /** From 1. */
  readonly line: number;
  /** The specifier; `null` for `import(expression)`, which no check can follow. */
  readonly target: string | null;
  /** Gone after compilation. `import { type A }` is not: `verbatimModuleSyntax` leaves `import {}` behind. */
  readonly typeOnly: boolean;
}

const STATIC =
  /(?<![\w$.])(?:import\s*|(?:import|export)\s+(type\s+(?!from\b))?[\w$*{},\s]+?\s*\bfrom\s*|(?:import|export)\s*(type\s*)?[*{][\w$*{},\s]*?\bfrom\s*)(["'])( *)\3/g;
const DYNAMIC = /(?<![\w$.])(typeof\s+)?import\s*\(\s*(?:(["'])( *)\2)?/g;

export function readImports(code: string): Import[] {
  const skeleton = blankLiterals(code);
  const lineAt = (index: number): number => skeleton.slice(0, index).split("\n").length;
  const found: Import[] = [];
  for (const match of skeleton.matchAll(STATIC)) {
    const end = match.index + match[0].length - 1;
    const target = code.slice(end - match[4]!.length, end);
    found.push({
      line: lineAt(match.index),
      target,
      typeOnly: match[1] !== undefined || match[2] !== undefined,
    });
  }
  for (const match of skeleton.matchAll(DYNAMIC)) {
    const end = match.index + match[0].length;
    const target = match[3] === undefined ? null : code.slice(end - 1 - match[3].length, end - 1);
    // `import("x").Name` and `typeof import("x")` are types; a method of a promise starts with a small letter.
    const typeOnly = match[1] !== undefined || /^\s*\)\s*\.\s*[A-Z]/.test(skeleton.slice(end));
    found.push({ line: lineAt(match.index), target, typeOnly });
  }
  return found;
}

/** `code` with the insides of comments, strings, templates and regular expressions blanked; same length, same lines. */
export function blankLiterals(code: string): string {
  const out = code.split("");
  const blank = (from: number, to: number): void => {
    for (let at = from; at < to; at++) if (out[at] !== "\n") out[at] = " ";
  };
  /** Depth of braces at which each open template goes on. */
  const templates: number[] = [];
  let depth = 0;
  /** The last character or word that is code, to tell a division from a regular expression. */
  let previous = "";
  for (let at = 0; at < code.length; ) {
    const char = code[at]!;
    const start = at;
    if (/\s/.test(char)) {
      at++;
      continue;
    }
    if (code.startsWith("//", at)) {
      at = endOf(code, "\n", at);
      blank(start, at);
      continue;
    }
    if (code.startsWith("/*", at)) {
      at = endOf(code, "*/", at + 2) + 2;
      blank(start, Math.min(at, code.length));
      continue;
    }
    if (char === '"' || char === "'") {
      at = skipQuoted(code, at);
      blank(start + 1, at - 1);
    } else if (char === "/" && startsRegularExpression(previous)) {
      at = skipRegularExpression(code, at);
      blank(start, at);
    } else if (char === "`" || (char === "}" && templates.at(-1) === depth)) {
      if (char === "}") templates.pop();
      at = skipTemplate(code, at + 1);
      blank(start, at);
      if (code[at - 1] === "{") templates.push(depth);
    } else if (/[\w$]/.test(char)) {
      while (at < code.length && /[\w$]/.test(code[at]!)) at++;
    } else {
      if (char === "{") depth++;
      if (char === "}") depth--;
      at++;
    }
    previous = code.slice(start, at);
  }
  return out.join("");
}

function endOf(code: string, mark: string, from: number): number {
  const at = code.indexOf(mark, from);
  return at === -1 ? code.length : at;
}

function skipQuoted(code: string, from: number): number {
  for (let at = from + 1; at < code.length; at++) {
    if (code[at] === "\\") at++;
    else if (code[at] === code[from] || code[at] === "\n") return at + 1;
  }
  return code.length;
}

/** To behind the closing backtick, or behind the `{` of a `${`. */
function skipTemplate(code: string, from: number): number {
  for (let at = from; at < code.length; at++) {
    if (code[at] === "\\") at++;
    else if (code[at] === "`") return at + 1;
    else if (code.startsWith("${", at)) return at + 2;
  }
  return code.length;
}

function skipRegularExpression(code: string, from: number): number {
  let inClass = false;
  for (let at = from + 1; at < code.length && code[at] !== "\n"; at++) {
    if (code[at] === "\\") at++;
    else if (code[at] === "[") inClass = true;
    else if (code[at] === "]") inClass = false;
    else if (code[at] === "/" && !inClass) return at + 1;
  }
  return code.length;
}

const WORDS_BEFORE_EXPRESSION =
  /^(?:return|typeof|case|in|of|do|else|void|delete|throw|new|await|yield|instanceof)$/;

function startsRegularExpression(previous: string): boolean {
  if (previous === "" || WORDS_BEFORE_EXPRESSION.test(previous)) return true;
  return !/[\w$)\]}"'`/]$/.test(previous);
}
