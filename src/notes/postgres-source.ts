/** @file Notes of a PostgreSQL table, by a cursor. The driver is loaded only for a database, and its messages are never passed on. */
import { ClinicalBertError } from "../errors.js";
import { COLUMN_ROLES, findColumns } from "./columns.js";
import { noteOfRow } from "./json-lines-source.js";
import type { NoteReader, SourceNote } from "./note-source.js";

const DEFAULT_TABLE = "mimiciii.noteevents";
/** Rows that a fetch of the cursor brings. */
const ROWS = 500;
const NAME = /^[A-Za-z_][A-Za-z0-9_$]*(?:\.[A-Za-z_][A-Za-z0-9_$]*)?$/;

/** True for addresses that this source reads. */
export function isDatabaseAddress(source: string): boolean {
  return /^postgres(?:ql)?:\/\//i.test(source);
}

/**
 * Rows of `options.table` for which the SQL condition `options.where` holds, in a read-only transaction. Throws
 * `NOTES_DATABASE` with PostgreSQL's five-character code: its messages quote rows and conditions.
 */
export async function* readPostgresNotes({
  source,
  options,
  refuse,
}: NoteReader): AsyncGenerator<SourceNote[]> {
  const table = options.table ?? DEFAULT_TABLE;
  if (!NAME.test(table))
    throw new ClinicalBertError(
      "USAGE",
      `--table is "${table}"; it must be a name or schema.name of letters, digits and _.`,
    );
  const { default: pg } = await import("pg");
  const { default: QueryStream } = await import("pg-query-stream");
  // Dates stay as the server writes them: a day must not move with the time zone of this machine.
  const types = { getTypeParser: () => (value: unknown) => value };
  const client = new pg.Client({ connectionString: source, types });
  client.on("error", () => undefined); // A lost connection also fails the query, which is where it is told.
  const name = placeOf(source);
  try {
    await client.connect();
    await client.query("BEGIN READ ONLY");
    const header = await client.query(`SELECT * FROM ${quoteName(table)} LIMIT 0`);
    const names = header.fields.map((field) => field.name);
    const indices = findColumns(names, options.columns ?? {}, name);
    const used = [...new Set(COLUMN_ROLES.map((role) => indices[role]).filter((index) => index !== -1))];
    const list = used.map((index) => quotePart(names[index]!)).join(", ");
    const where = options.where === undefined ? "" : ` WHERE (${options.where}\n)`;
    const query = new QueryStream(`SELECT ${list} FROM ${quoteName(table)}${where}`, [], {
      batchSize: ROWS,
      rowMode: "array",
      types,
    } as ConstructorParameters<typeof QueryStream>[2]);
    const stream = client.query(query) as AsyncIterable<readonly unknown[]>;
    let batch: SourceNote[] = [];
    let record = 0;
    for await (const row of stream) {
      record++;
      const values: unknown[] = [];
      for (const [position, index] of used.entries()) values[index] = row[position];
      const note = noteOfRow(values, indices, record);
      if (note === null) refuse(record, -1, -1, "fields");
      else batch.push(note);
      if (batch.length < ROWS) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0) yield batch;
  } catch (error) {
    if (error instanceof ClinicalBertError) throw error;
    const code = (error as { code?: unknown } | null)?.code;
    const known = typeof code === "string" && /^[A-Z0-9_]{4,16}$/.test(code) ? code : "unknown";
    throw new ClinicalBertError("NOTES_DATABASE", `Reading ${table} of ${name} failed (code ${known}).`, {
      details: { table, database: name, code: known },
    });
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Host and database of an address: what may be told of it. */
export function placeOf(source: string): string {
  try {
    const { host, pathname } = new URL(source);
    return `postgres://${host}${pathname}`;
  } catch {
    return "postgres://";
  }
}

function quoteName(name: string): string {
  // Unquoted names are folded to lower case, as in psql.
  return name
    .split(".")
    .map((part) => quotePart(part.toLowerCase()))
    .join(".");
}

function quotePart(part: string): string {
  return `"${part.replaceAll('"', '""')}"`;
}
