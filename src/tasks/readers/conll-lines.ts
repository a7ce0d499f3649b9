/** @file What a line of a CoNLL/IOB file is: the border of a sentence, the mark of a document, a comment, or a word with its columns. */
import { isTag } from "../tags.js";

/** CoNLL-2003's, with a name in brackets or without, and CoNLL-U's. */
const DOCUMENT_MARK = /^(?:-DOCSTART-|#\s*newdoc\b(?:\s+id\s*=)?)[\s(]*([^\s)]*)/;

/** What stands in the other columns of a mark, and names nothing. */
const FILLER = /^(?:-|_+$|[OX]$)/;

/** The document that begins at `line`, `null` for one without a name; `undefined` where none begins. */
export function documentMark(line: string): string | null | undefined {
  const name = DOCUMENT_MARK.exec(line)?.[1];
  return name === undefined ? undefined : name === "" || FILLER.test(name) ? null : name;
}

/** True for what ends a sentence: an empty line, the mark of a document, and the line that some files have after it. */
export function isBorder(line: string): boolean {
  return line.trim() === "" || documentMark(line) !== undefined || /^-X-(?:\s|$)/.test(line);
}

export interface ColumnLayout {
  /** Columns are between tabs; else between runs of blanks and tabs. */
  readonly tabs: boolean;
  readonly columns: number;
  /** The line that tells, from 1. */
  readonly line: number;
}

/** How the first word is written. Lines that begin with `#` may be comments, and tell only where there are no others. */
export function findLayout(lines: readonly string[], tagColumn: number): ColumnLayout {
  const plain = lines.findIndex((line) => !isBorder(line) && !line.startsWith("#"));
  const index =
    plain >= 0
      ? plain
      : lines.findIndex((line) => line.startsWith("#") && isTag(splitCells(line, false).at(tagColumn) ?? ""));
  const line = lines[index] ?? "";
  const tabs = line.includes("\t");
  return { tabs, columns: splitCells(line, tabs).length, line: index + 1 };
}

/** The columns of a line. Only blanks and tabs are between them or around them: a no-break space is part of a word, or a word. */
export function splitCells(line: string, tabs: boolean): string[] {
  if (!tabs) return trimBlanks(line).split(/[ \t]+/);
  const cells = line.split("\t").map(trimBlanks);
  while (cells.at(-1) === "") cells.pop();
  return cells;
}

/**
 * True for a line that tells of the sentence after it. `#` may also be a word: then the line has the columns of every other, and where
 * a comment can have as many by chance, a tag that says so.
 */
export function isComment(
  line: string,
  cells: readonly string[],
  layout: ColumnLayout,
  tagColumn: number,
): boolean {
  if (!line.startsWith("#")) return false;
  return cells.length !== layout.columns || (!layout.tabs && !isTag(cells.at(tagColumn) ?? ""));
}

function trimBlanks(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && isBlank(text, start)) start += 1;
  while (end > start && isBlank(text, end - 1)) end -= 1;
  return text.slice(start, end);
}

function isBlank(text: string, at: number): boolean {
  return text[at] === " " || text[at] === "\t";
}
