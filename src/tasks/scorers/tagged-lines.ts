/** @file Files of words and tags as the published scorers read them: every line that is not blank is a word, `-DOCSTART-` too. */
import { malformed, readSourceText, splitSourceLines } from "../readers/source-files.js";

export interface TaggedLines {
  readonly words: readonly string[];
  readonly tags: readonly string[];
  /** The column before the last one, where there are three. */
  readonly columnBefore: readonly (string | null)[];
}

/** Sentences in order, none empty. Tabs or blanks part the columns; the tag is the last one. */
export async function readTaggedLines(path: string): Promise<TaggedLines[]> {
  const { text } = await readSourceText(path);
  const sentences: TaggedLines[] = [];
  let [words, tags, columnBefore]: [string[], string[], (string | null)[]] = [[], [], []];
  const finish = (): void => {
    if (words.length > 0) sentences.push({ words, tags, columnBefore });
    [words, tags, columnBefore] = [[], [], []];
  };
  const lines = splitSourceLines(text);
  const tabs = lines.some((line) => line.includes("\t"));
  for (const [index, line] of lines.entries()) {
    if (line.trim() === "") {
      finish();
      continue;
    }
    const cells = tabs ? line.split("\t") : line.trim().split(/[ \t]+/);
    if (cells.length < 2) throw malformed(path, index + 1, "one column, but a word and its tag are needed");
    words.push(cells[0]!);
    tags.push(cells.at(-1)!.trim());
    columnBefore.push(cells.length > 2 ? cells.at(-2)!.trim() : null);
  }
  finish();
  return sentences;
}
