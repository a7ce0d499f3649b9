/** @file Opens notes wherever they are: finds out the format of each source, reads it as a stream, filters its notes. */
import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { createGunzip } from "node:zlib";
import { ClinicalBertError } from "../errors.js";
import { fileError } from "../util/file-error.js";
import { readCsvNotes } from "./csv-source.js";
import { createNoteTest } from "./filters.js";
import { readJsonLineNotes } from "./json-lines-source.js";
import type { Note } from "./note.js";
import type { NoteReader, NoteSourceOptions, SourceFormat, SourceNote } from "./note-source.js";
import { readParquetNotes } from "./parquet-source.js";
import { isDatabaseAddress, placeOf, readPostgresNotes } from "./postgres-source.js";
import type { Refusal } from "./refusal.js";
import { listTextFiles, readTextNotes } from "./text-folder-source.js";

const CHUNK_BYTES = 1 << 20;

/**
 * The notes of files, folders or databases, one after the other. Recognises `.csv`, `.tsv`, `.jsonl`, `.ndjson`,
 * `.parquet`, `.txt`, each but Parquet also gzipped, folders (of .txt, or of the others), and `postgres://` addresses.
 * Bounded memory. Throws `NOTES_FORMAT`, `NOTES_COLUMNS`, `NOTES_MALFORMED` (with `strict`),
 * `NOTES_DAMAGED`, `NOTES_DATABASE`, `FILE_*`.
 */
export async function* openNotes(
  sources: string | readonly string[],
  options: NoteSourceOptions = {},
): AsyncGenerator<Note> {
  for await (const batch of openNoteBatches(sources, options)) yield* batch;
}

/** The same, in the batches in which they were read: for callers that hand work on. */
export async function* openNoteBatches(
  sources: string | readonly string[],
  options: NoteSourceOptions = {},
): AsyncGenerator<Note[]> {
  const isWanted = createNoteTest(options);
  for (const source of typeof sources === "string" ? [sources] : sources) {
    const name = isDatabaseAddress(source) ? placeOf(source) : source;
    const reader: NoteReader = { source, options, refuse: createRefuse(name, options) };
    for await (const batch of await readSource(source, reader)) {
      const notes: Note[] = [];
      for (const { note, isError } of batch) if (isWanted(note, isError)) notes.push(note);
      if (notes.length > 0) yield notes;
    }
  }
}

function createRefuse(source: string, options: NoteSourceOptions): NoteReader["refuse"] {
  return (record, offset, length, reason) => {
    const refusal: Refusal = { source, record, offset, length, reason };
    options.onRefusal?.(refusal);
    if (options.strict)
      throw new ClinicalBertError(
        "NOTES_MALFORMED",
        `${source}: record ${record}${offset === -1 ? "" : ` at byte ${offset}`} is malformed (${reason}).`,
        { details: { source, record, offset, reason } },
      );
  };
}

async function readSource(source: string, reader: NoteReader): Promise<AsyncIterable<SourceNote[]>> {
  if (isDatabaseAddress(source)) return readPostgresNotes(reader);
  if (reader.options.where !== undefined || reader.options.table !== undefined)
    throw new ClinicalBertError(
      "USAGE",
      `--where and --table are for postgres:// addresses; ${source} is a file.`,
    );
  const format = reader.options.format ?? (await formatOf(source));
  switch (format) {
    case "csv":
      return readCsvNotes(await openBytes(source), withTabs(reader));
    case "jsonl":
      return readJsonLineNotes(await openBytes(source), reader);
    case "text":
      return (await isFolder(source))
        ? readTextNotes(await listTextFiles(source), source, reader)
        : readTextNotes([source], dirname(source), reader);
    case "parquet":
      return readParquetNotes(reader);
    default:
      throw unknownFormat(source);
  }
}

function withTabs(reader: NoteReader): NoteReader {
  if (reader.options.delimiter !== undefined || !/\.tsv(?:\.gz)?$/i.test(reader.source)) return reader;
  return { ...reader, options: { ...reader.options, delimiter: "\t" } };
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    throw fileError(error, path);
  }
}

async function formatOf(source: string): Promise<SourceFormat> {
  if (await isFolder(source)) return "text";
  const extension = /\.(csv|tsv|jsonl|ndjson|parquet|txt)(?:\.gz)?$/i
    .exec(basename(source))?.[1]
    ?.toLowerCase();
  switch (extension) {
    case "csv":
    case "tsv":
      return "csv";
    case "jsonl":
    case "ndjson":
      return "jsonl";
    case "txt":
      return "text";
    case "parquet":
      return "parquet";
    default:
      throw unknownFormat(source);
  }
}

function unknownFormat(source: string): ClinicalBertError {
  return new ClinicalBertError(
    "NOTES_FORMAT",
    `${source} is none of .csv, .tsv, .jsonl, .ndjson, .parquet, .txt, a folder, or postgres://.`,
    { details: { source } },
  );
}

/** The bytes of a file, unzipped when its first two bytes say that it is gzip. */
async function openBytes(path: string): Promise<AsyncIterable<Uint8Array>> {
  const magic = Buffer.alloc(2);
  try {
    const handle = await open(path, "r");
    await handle.read(magic, 0, 2, 0).finally(() => handle.close());
  } catch (error) {
    throw fileError(error, path);
  }
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  if (magic[0] !== 0x1f || magic[1] !== 0x8b) return rethrow(file, path);
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  file.on("error", (error) => gunzip.destroy(error));
  return rethrow(file.pipe(gunzip), path);
}

async function* rethrow(stream: AsyncIterable<Uint8Array>, path: string): AsyncGenerator<Uint8Array> {
  try {
    yield* stream;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException | null)?.code ?? "";
    if (code.startsWith("Z_"))
      throw new ClinicalBertError(
        "NOTES_DAMAGED",
        `${path} ends early or is damaged inside its gzip data (${code}).`,
        {
          details: { path, code },
        },
      );
    throw fileError(error, path);
  }
}
