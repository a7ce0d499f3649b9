/**
 * @file CoNLL/IOB columns: one word a line, its tag in the last column, an empty line after each sentence. The text of an example
 * is its words joined by one blank.
 */
import type { Span } from "../../notes/span.js";
import type { Entity } from "../example.js";
import { decodeTags, inferScheme } from "../tags.js";
import { documentMark, findLayout, isBorder, isComment, splitCells } from "./conll-lines.js";
import { type ReadOptions, type ReadResult, Reading } from "./reading.js";
import {
  hasSourceFiles,
  listSourceFiles,
  malformed,
  readSourceText,
  type SourceFile,
  splitSourceLines,
} from "./source-files.js";

export interface ConllSentence {
  /** Line of its first word, from 1. */
  readonly line: number;
  /** Number of its document in the file, from 0. */
  readonly document: number;
  readonly words: readonly string[];
  readonly tags: readonly string[];
}

export interface ConllFile {
  readonly sentences: readonly ConllSentence[];
  /** Names of the documents (`-DOCSTART- (name)`, `# newdoc id = name`), `null` for unnamed ones; empty without marks. */
  readonly documents: readonly (string | null)[];
}

/** Reads the columns of `text`; a missing last empty line loses nothing. Throws `EXAMPLES_MALFORMED` with the line. */
export function parseConll(
  path: string,
  text: string,
  { tokenColumn = 0, tagColumn = -1 }: ReadOptions = {},
): ConllFile {
  const lines = splitSourceLines(text);
  const layout = findLayout(lines, tagColumn);
  const { columns } = layout;
  const sentences: ConllSentence[] = [];
  const documents: (string | null)[] = [];
  let words: string[] = [];
  let tags: string[] = [];
  const finish = (line: number): void => {
    if (words.length > 0)
      sentences.push({ line: line - words.length, document: Math.max(0, documents.length - 1), words, tags });
    [words, tags] = [[], []];
  };
  for (const [index, line] of lines.entries()) {
    const number = index + 1;
    if (isBorder(line)) {
      finish(number);
      const mark = documentMark(line);
      if (mark === undefined) continue;
      // Marks may only stand between documents; then the first has none.
      if (documents.length === 0 && sentences.length > 0) documents.push(null);
      documents.push(mark);
      continue;
    }
    const cells = splitCells(line, layout.tabs);
    if (words.length === 0 && isComment(line, cells, layout, tagColumn)) continue;
    if (cells.length !== columns)
      throw malformed(path, number, `${counted(cells.length)}, where line ${layout.line} has ${columns}`);
    const word = cells.at(tokenColumn);
    const tag = cells.at(tagColumn)?.trim();
    if (columns < 2 || word === undefined || tag === undefined)
      throw malformed(path, number, `${counted(columns)}, but a word and its tag are needed`);
    if (word === "" || tag === "") throw malformed(path, number, "an empty word or tag");
    words.push(word);
    tags.push(tag);
  }
  finish(lines.length + 1);
  return { sentences, documents };
}

function counted(columns: number): string {
  return `${columns} column${columns === 1 ? "" : "s"}`;
}

/** One example a sentence. Without document marks each sentence is a document of its own, which is reported once a file. */
export async function readConll(source: string, options: ReadOptions): Promise<ReadResult> {
  const reading = new Reading();
  for (const file of await listConll(source)) {
    const { text } = await readSourceText(file.path, options.encoding);
    const { sentences, documents } = parseConll(file.path, text, options);
    if (documents.length === 0 && options.documents !== "file")
      reading.problems.push({ exampleId: file.id, file: file.path, reason: "no-document-marks" });
    const scheme = inferScheme(sentences.map(({ tags }) => tags));
    for (const [index, { words, tags, line, document }] of sentences.entries()) {
      const id = reading.uniqueId(`${file.id}:${index + 1}`);
      const spans = joinedSpans(words);
      const { chunks, orphans } = decodeTags(tags);
      if (scheme !== "iob1" && scheme !== "io")
        for (const word of orphans)
          reading.problems.push({
            exampleId: id,
            span: spans[word]!,
            file: file.path,
            line: line + word,
            reason: "orphan-inside",
          });
      const entities = chunks.map(
        ({ label, start, end }): Entity => ({ label, spans: [[spans[start]![0], spans[end - 1]![1]]] }),
      );
      reading.examples.push({
        kind: "entities",
        id,
        documentId:
          options.documents === "file"
            ? file.id
            : documents.length === 0
              ? id
              : (documents[document] ?? `${file.id}:document-${document + 1}`),
        text: words.join(" "),
        words: spans,
        sentences: [[0, spans.at(-1)![1]]],
        entities,
      });
    }
  }
  return reading.result();
}

/** `.txt` is columns only where no other ending says so: a data set may have a text about itself. */
async function listConll(source: string): Promise<readonly SourceFile[]> {
  const endings = [".tsv", ".conll", ".iob"];
  for (const ending of endings)
    if (await hasSourceFiles(source, ending)) return listSourceFiles(source, ...endings);
  return listSourceFiles(source, ".txt");
}

/** Spans of words joined by one blank. */
export function joinedSpans(words: readonly string[]): Span[] {
  let at = 0;
  return words.map((word): Span => {
    const span: Span = [at, at + word.length];
    at = span[1] + 1;
    return span;
  });
}
