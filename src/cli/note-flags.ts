/** @file The flags by which a command is told what its notes are: columns, filters, encoding. */
import type { Command } from "commander";
import { parseColumnMapping } from "../notes/columns.js";
import { type NoteSourceOptions, SOURCE_FORMATS, type SourceFormat } from "../notes/note-source.js";
import { TEXT_ENCODINGS, type TextEncoding } from "../notes/text-encoding.js";
import { requireOneOf } from "./options.js";

export interface NoteFlags {
  readonly category?: readonly string[];
  readonly excludeErrors?: boolean;
  readonly since?: string;
  readonly until?: string;
  readonly where?: string;
  readonly table?: string;
  readonly format?: string;
  readonly columns?: string;
  readonly delimiter?: string;
  readonly encoding?: string;
  readonly strict?: boolean;
}

export function addNoteFlags(cli: Command): Command {
  return cli
    .option("--category <names...>", 'only these categories, e.g. "Discharge summary"')
    .option("--exclude-errors", "leave out notes that the source marks as errors (ISERROR)")
    .option("--since <day>", "only notes of this ISO day or later")
    .option("--until <day>", "only notes before this ISO day")
    .option("--where <sql>", 'SQL condition for a database, e.g. "subject_id < 1000"')
    .option("--table <name>", "table of a database (default mimiciii.noteevents)")
    .option("--format <name>", `of the sources, if the name does not tell: ${SOURCE_FORMATS.join(", ")}`)
    .option("--columns <list>", "own columns, e.g. text=NOTE,id=KEY,patient=MRN,category=TYPE,date=DAY")
    .option("--delimiter <character>", "of CSV (default a comma)")
    .option("--encoding <name>", `of CSV and text: ${TEXT_ENCODINGS.join(", ")}`)
    .option("--strict", "stop at the first malformed row instead of counting it");
}

export function readNoteFlags(flags: NoteFlags): NoteSourceOptions {
  const given: Record<string, unknown> = {
    categories: flags.category,
    excludeErrors: flags.excludeErrors,
    since: flags.since,
    until: flags.until,
    where: flags.where,
    table: flags.table,
    format: requireOneOf("--format", flags.format, SOURCE_FORMATS) satisfies SourceFormat | undefined,
    columns: flags.columns === undefined ? undefined : parseColumnMapping(flags.columns),
    delimiter: flags.delimiter === "\\t" ? "\t" : flags.delimiter,
    encoding: requireOneOf("--encoding", flags.encoding, TEXT_ENCODINGS) satisfies TextEncoding | undefined,
    strict: flags.strict,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
