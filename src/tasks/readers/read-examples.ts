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
