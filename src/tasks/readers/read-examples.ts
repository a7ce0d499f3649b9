/** @file One call for every format of annotations: the table of formats, and what a file's name and first characters tell of it. */
import { ClinicalBertError } from "../../errors.js";
import { readBrat } from "./brat.js";
import { readConll } from "./conll.js";
import { readEntityLines, readProdigyLines } from "./entity-lines.js";
import { readI2b2Deid2006 } from "./i2b2-2006.js";
import { readI2b2Concepts2010, readI2b2Extent2012 } from "./i2b2-concepts.js";
import { readI2b2Deid2014, readI2b2Temporal2012 } from "./i2b2-tags.js";
import { readLabelLines } from "./label-lines.js";
import { readPubtator } from "./pubtator.js";
import type { ExampleReader, ReadOptions, ReadResult } from "./reading.js";
import { hasSourceFiles } from "./source-files.js";

const READERS = {
  nli: readLabelLines,
  classification: readLabelLines,
  conll: readConll,
  brat: readBrat,
  pubtator: readPubtator,
  jsonl: readEntityLines,
  prodigy: readProdigyLines,
  "i2b2-2006": readI2b2Deid2006,
  "i2b2-2010": readI2b2Concepts2010,
  "i2b2-2012": readI2b2Temporal2012,
  "i2b2-2012-extent": readI2b2Extent2012,
  "i2b2-2014": readI2b2Deid2014,
} as const satisfies Record<string, ExampleReader>;

export type ExampleFormat = keyof typeof READERS;

export const EXAMPLE_FORMATS = Object.keys(READERS) as readonly ExampleFormat[];

/**
 * Reads a data set (a file, or a folder with all files of the format below it) into examples with spans in UTF-16 units.
 * Data sets of tasks are small, so the whole of it is held. Throws `EXAMPLES_FORMAT`, `EXAMPLES_MALFORMED` with file and line,
 * `FILE_NOT_FOUND`, `USAGE` for an unknown format.
 */
export async function readExamples(
  source: string,
  format: ExampleFormat,
  options: ReadOptions = {},
): Promise<ReadResult> {
  const read = Object.hasOwn(READERS, format) ? READERS[format] : undefined;
  if (read === undefined)
    throw new ClinicalBertError(
      "USAGE",
      `Format "${String(format)}" is unknown; there are ${EXAMPLE_FORMATS.join(", ")}.`,
    );
  return read(source, options);
}

/** Formats whose texts may be packed apart from their annotations, and how the files of these end. */
const APART: Partial<Record<ExampleFormat, string>> = { "i2b2-2010": ".con", "i2b2-2012-extent": ".extent" };

/**
 * Several sources as one data set, each with its result. Where annotations and texts are packed apart, a source without annotations
 * gives its texts to the others. Throws what `readExamples` throws.
 */
export async function readSources(
  sources: readonly string[],
  format: ExampleFormat,
  options: ReadOptions = {},
): Promise<(ReadResult & { readonly source: string })[]> {
  const ending = APART[format];
  const annotated: string[] = [];
  const textFolders: string[] = [];
  for (const source of sources)
    if (sources.length === 1 || ending === undefined || (await hasSourceFiles(source, ending)))
      annotated.push(source);
    else textFolders.push(source);
  const results: (ReadResult & { readonly source: string })[] = [];
  for (const source of annotated)
    results.push({ source, ...(await readExamples(source, format, { ...options, textFolders })) });
  return results;
}
