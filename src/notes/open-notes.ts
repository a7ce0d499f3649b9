/** @file Opens notes wherever they are: finds out the format of each source, reads it as a stream, filters its notes. */
import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { createGunzip } from "node:zlib";
import { ClinicalBertError } from "../errors.js";
import { fileError } from "../util/file-error.js";
import { packCsvNotes } from "./csv-source.js";
import { createNoteTest, type NoteFilter } from "./filters.js";
import { readJsonLineNotes } from "./json-lines-source.js";
import type { Note } from "./note.js";
import { cutBatches, malformed, type NoteBatch, unpackBatch } from "./note-batches.js";
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
  for await (const batch of openNoteBatches(sources, options)) {
    const { notes, refusals } = unpackBatch(batch);
    for (const refusal of refusals) {
      options.onRefusal?.(refusal);
      if (options.strict) throw malformed(refusal);
    }
    yield* notes;
  }
}

/** The same, in batches that `unpackBatch` reads, on any thread: nobody is told of their malformed rows before. */
export async function* openNoteBatches(
  sources: string | readonly string[],
  options: NoteSourceOptions = {},
): AsyncGenerator<NoteBatch> {
  const { categories, excludeErrors, since, until } = options;
  const filter: NoteFilter = {
    ...(categories === undefined ? {} : { categories }),
    ...(excludeErrors === undefined ? {} : { excludeErrors }),
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
  };
  const isWanted = createNoteTest(filter);
  const refusals: Refusal[] = [];
  const takeRefusals = (): readonly Refusal[] => refusals.splice(0);
  for (const place of typeof sources === "string" ? [sources] : sources) {
    const source = isDatabaseAddress(place) ? placeOf(place) : place;
    const reader: NoteReader = {
      source: place,
      options,
      refuse: (record, offset, length, reason) => refusals.push({ source, record, offset, length, reason }),
    };
    const format = await sourceFormat(place, options);
    if (format === "csv")
      for await (const packed of packCsvNotes(await openBytes(place), withTabs(reader)))
        yield { packed, filter, source, refusals: takeRefusals() };
    else
      for await (const notes of cutBatches(wantedNotes(await readSource(format, reader), isWanted)))
        yield { notes, refusals: takeRefusals() };
    if (refusals.length > 0) yield { notes: [], refusals: takeRefusals() };
  }
}

async function* wantedNotes(
  batches: AsyncIterable<SourceNote[]>,
  isWanted: ReturnType<typeof createNoteTest>,
): AsyncGenerator<Note> {
  for await (const batch of batches)
    for (const { note, isError } of batch) if (isWanted(note, isError)) yield note;
}

async function sourceFormat(
  source: string,
  { where, table, format }: NoteSourceOptions,
): Promise<SourceFormat | "database"> {
  if (isDatabaseAddress(source)) return "database";
  if (where !== undefined || table !== undefined)
    throw new ClinicalBertError(
      "USAGE",
      `--where and --table are for postgres:// addresses; ${source} is a file.`,
    );
  return format ?? (await formatOf(source));
}

async function readSource(
  format: Exclude<SourceFormat, "csv"> | "database",
  reader: NoteReader,
): Promise<AsyncIterable<SourceNote[]>> {
  const { source } = reader;
  switch (format) {
    case "database":
      return readPostgresNotes(reader);
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
