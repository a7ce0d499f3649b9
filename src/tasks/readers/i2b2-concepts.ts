/**
 * @file i2b2 2010 concepts (`.txt` with one sentence a line and tokens between blanks, `.con` with `c="…" line:token line:token||t="…"`,
 * lines from 1, tokens from 0, the last one included; Uzuner et al., JAMIA 2011) and the `.extent` files of i2b2 2012, which
 * place EVENT and TIMEX3 in the same way. `.ast` and `.rel` files are left to other tools.
 */
import { access } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Entity } from "../example.js";
import { type ReadOptions, type ReadResult, Reading } from "./reading.js";
import {
  findPartner,
  hasSourceFiles,
  isFolder,
  listSourceFiles,
  malformed,
  readSourceText,
  type SourceFile,
  splitSourceLines,
} from "./source-files.js";
import { placeMentions, type StatedMention } from "./stated-offsets.js";
import { placeByTokens, type TokenPlace } from "./token-places.js";
import { nonBlankLines, splitWords } from "./words.js";

export interface Concept {
  /** `c` in `.con`; `EVENT`, `TIMEX3`, `SECTIME` in `.extent`. */
  readonly kind: string;
  readonly quote: string;
  readonly start: TokenPlace;
  readonly end: TokenPlace;
  /** The four numbers as they are written. */
  readonly place: readonly [string, string, string, string];
  readonly label: string;
  /** Of the file, from 1. */
  readonly line: number;
}

const CONCEPT = /^(c|EVENT|TIMEX3|SECTIME)="(.*)" (\d+):(\d+) (\d+):(\d+)\|\|(?:t|type)="([^"]*)"/s;

/** The lines of a `.con` or `.extent` file. Throws `EXAMPLES_MALFORMED` with the line. */
export function parseConcepts(path: string, text: string): Concept[] {
  return splitSourceLines(text).flatMap((content, index): Concept[] => {
    if (content.trim() === "") return [];
    const match = CONCEPT.exec(content.trim());
    if (match === null)
      throw malformed(path, index + 1, 'a line that is not c="text" line:token line:token||t="label"');
    const [, kind, quote, startLine, startToken, endLine, endToken, label] = match;
    return [
      {
        kind: kind!,
        quote: quote!,
        start: [Number(startLine), Number(startToken)],
        end: [Number(endLine), Number(endToken)],
        place: [startLine!, startToken!, endLine!, endToken!],
        label: label!,
        line: index + 1,
      },
    ];
  });
}

/** i2b2 2010: one example a `.con` file and its text. */
export function readI2b2Concepts2010(source: string, options: ReadOptions): Promise<ReadResult> {
  return readConceptFiles(source, ".con", options, ({ kind, label }) => (kind === "c" ? label : null));
}

/** i2b2 2012 `.extent`: `EVENT`s labelled by `type`; `TIMEX3` on request. */
export function readI2b2Extent2012(source: string, options: ReadOptions): Promise<ReadResult> {
  return readConceptFiles(source, ".extent", options, ({ kind, label }) => {
    if (kind === "TIMEX3") return options.timex === true ? `TIMEX3-${label}` : null;
    return kind === "EVENT" ? label : null;
  });
}

async function readConceptFiles(
  source: string,
  ending: string,
  options: ReadOptions,
  labelOf: (concept: Concept) => string | null,
): Promise<ReadResult> {
  const reading = new Reading();
  const files = await listSourceFiles(source, ending);
  const folders = [...((await isFolder(source)) ? [source] : []), ...(options.textFolders ?? [])];
  const texts = (await Promise.all(folders.map(listTexts))).flat();
  for (const file of files) {
    const textFile = (await textBeside(file)) ?? findPartner(file, texts);
    if (textFile === null)
      throw malformed(
        file.path,
        1,
        `no text file ${basename(file.id)}.txt belongs to it; name the folder that has it as well`,
      );
    const { text } = await readSourceText(textFile.path, options.encoding);
    const id = reading.uniqueId(basename(file.id), { file: file.path });
    const tokens = placeByTokens(text);
    const mentions: (StatedMention & { label: string })[] = [];
    for (const concept of parseConcepts(
      file.path,
      (await readSourceText(file.path, options.encoding)).text,
    )) {
      const label = labelOf(concept);
      if (label === null) continue;
      if (label.trim() === "") {
        reading.problems.push({ exampleId: id, file: file.path, line: concept.line, reason: "no-label" });
        continue;
      }
      const { span, near } = tokens(concept);
      const outside = text.length + 1;
      mentions.push({
        label,
        // An end outside the text leaves it to the quote to tell the place, beginning with `near`.
        fragments: [span ?? [near ?? outside, outside]],
        quote: span === null && near === null ? null : concept.quote,
        file: file.path,
        line: concept.line,
      });
    }
    const { placed, problems } = placeMentions(id, text, mentions, { unit: "utf16", lookedUp: true });
    reading.problems.push(...problems);
    const entities = placed.map(({ mention: { label }, spans }): Entity => ({ label, spans }));
    reading.examples.push({
      kind: "entities",
      id,
      documentId: id,
      text,
      words: splitWords(text),
      sentences: nonBlankLines(text),
      entities: reading.finishEntities(id, entities, file.path),
    });
  }
  return reading.result();
}

async function listTexts(folder: string): Promise<SourceFile[]> {
  return (await hasSourceFiles(folder, ".txt")) ? listSourceFiles(folder, ".txt") : [];
}

/** `name.txt` beside the file, or in the neighbouring folder `txt` as i2b2 packs it. */
async function textBeside({ path, id }: SourceFile): Promise<SourceFile | null> {
  for (const candidate of [
    join(dirname(path), `${basename(id)}.txt`),
    join(dirname(path), "..", "txt", `${basename(id)}.txt`),
  ]) {
    const exists = await access(candidate).then(
      () => true,
      () => false,
    );
    if (exists) return { path: candidate, id };
  }
  return null;
}
