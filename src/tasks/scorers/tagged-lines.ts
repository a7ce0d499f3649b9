/** @file Files of words and tags as the published scorers read them: every line that is not blank is a word, `-DOCSTART-` too. */
import { malformed, readSourceText, splitSourceLines } from "../readers/source-files.js";

export interface TaggedLines {
  readonly words: readonly string[];
  readonly tags: readonly string[];
  /** `path:line` of the first word; the others stand on the lines behind it. */
  readonly place: string;
}

interface Line {
  readonly line: number;
  readonly cells: readonly string[];
}

/** Sentences in order, none empty. Tabs or blanks part the columns; the tag is the last one. Throws `EXAMPLES_MALFORMED` with the line. */
export async function readTaggedLines(path: string): Promise<TaggedLines[]> {
  return (await readSentences(path, 2)).map((lines) => tagged(path, lines, -1));
}

/**
 * A file that `conlleval` takes: the last two columns are the tag of gold and the predicted one. As in the script every line has as
 * many columns, or a tag that is missing would make the column before it one.
 */
export async function readTaggedPairs(
  path: string,
): Promise<{ readonly gold: TaggedLines[]; readonly predicted: TaggedLines[] }> {
  const sentences = await readSentences(path, 3);
  const columns = sentences[0]?.[0]?.cells.length;
  const odd = sentences.flat().find(({ cells }) => cells.length !== columns);
  if (odd !== undefined)
    throw malformed(path, odd.line, `${odd.cells.length} columns, where the first line has ${columns}`);
  return {
    gold: sentences.map((lines) => tagged(path, lines, -2)),
    predicted: sentences.map((lines) => tagged(path, lines, -1)),
  };
}

async function readSentences(path: string, least: 2 | 3): Promise<Line[][]> {
  const { text } = await readSourceText(path);
  const sentences: Line[][] = [];
  let open: Line[] = [];
  const finish = (): void => {
    if (open.length > 0) sentences.push(open);
    open = [];
  };
  const lines = splitSourceLines(text);
  const tabs = lines.some((line) => line.includes("\t"));
  for (const [index, line] of lines.entries()) {
    if (line.trim() === "") {
      finish();
      continue;
    }
    // Not trim(): a no-break space may be a word.
    const cells = tabs ? line.split("\t") : line.split(" ").filter((cell) => cell !== "");
    if (cells.length < least)
      throw malformed(
        path,
        index + 1,
        least === 2
          ? "one column, but a word and its tag are needed"
          : `${cells.length} ${cells.length === 1 ? "column" : "columns"}, but without a file of gold a word, its tag in gold and its predicted tag are needed`,
      );
    open.push({ line: index + 1, cells });
  }
  finish();
  return sentences;
}

function tagged(path: string, lines: readonly Line[], column: -1 | -2): TaggedLines {
  const tags = lines.map(({ line, cells }) => {
    const tag = cells.at(column)!.trim();
    if (tag === "") throw malformed(path, line, "an empty tag");
    return tag;
  });
  return { words: lines.map(({ cells }) => cells[0]!), tags, place: `${path}:${lines[0]!.line}` };
}
