import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Note } from "./note.js";
import type { NoteSourceOptions } from "./note-source.js";
import { openNotes } from "./open-notes.js";
import type { Refusal } from "./refusal.js";
import { synthesizeNotes } from "./synthesize/index.js";

const DEBIAN = "/usr/lib/postgresql";
const programs = existsSync(DEBIAN)
  ? readdirSync(DEBIAN).map((version) => join(DEBIAN, version, "bin"))[0]
  : undefined;
const isRoot = process.getuid?.() === 0;
const run = promisify(execFile);

/** PostgreSQL refuses to run as root; Debian's package makes the user `postgres`. */
async function asServerUser(program: string, ...args: string[]): Promise<void> {
  const command = [join(programs!, program), ...args];
  if (isRoot) await run("runuser", ["-u", "postgres", "--", ...command]);
  else await run(command[0]!, command.slice(1));
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

describe.skipIf(programs === undefined)("PostgreSQL (needs Debian's postgresql)", () => {
  const NOTES = 1203;
  let folder: string;
  let address: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "clinicalbert-postgres-"));
    if (isRoot) await run("chown", ["postgres", folder]);
    await chmod(folder, 0o700);
    const data = join(folder, "data");
    const port = await freePort();
    await asServerUser("initdb", "-D", data, "-U", "postgres", "--auth=trust", "--no-sync", "-E", "UTF8");
    const settings = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=${folder} -c fsync=off`;
    await asServerUser("pg_ctl", "-D", data, "-o", settings, "-l", join(folder, "log"), "-w", "start");
    address = `postgres://postgres@127.0.0.1:${port}/postgres`;
    await load(address, NOTES);
  }, 60_000);

  afterAll(async () => {
    await asServerUser("pg_ctl", "-D", join(folder, "data"), "-m", "immediate", "stop");
    await rm(folder, { recursive: true, force: true });
  });

  async function read(options: NoteSourceOptions = {}, source = address) {
    const notes: Note[] = [];
    const refusals: Refusal[] = [];
    for await (const note of openNotes(source, {
      onRefusal: (refusal) => refusals.push(refusal),
      ...options,
    }))
      notes.push(note);
    return { notes, refusals };
  }

  test("streams every row of mimiciii.noteevents", async () => {
    const { notes, refusals } = await read();
    expect(notes).toHaveLength(NOTES);
    expect(notes[0]).toMatchObject({ id: "1", patientId: "10000", date: "2150-01-31 00:00:00" });
    expect(notes[0]!.text).toContain("\n");
    // The row without text: named by its place and the database, never by the address with its user.
    expect(refusals).toEqual([
      {
        source: address.replace("postgres@", ""),
        record: NOTES + 1,
        offset: -1,
        length: -1,
        reason: "fields",
      },
    ]);
  });

  test("filters in the database and after it", async () => {
    expect((await read({ where: "row_id <= 10 -- no more" })).notes).toHaveLength(10);
    const { notes } = await read({ where: "row_id <= 10", excludeErrors: true });
    expect(notes.map(({ id }) => id)).not.toContain("2");
    expect(notes).toHaveLength(9);
  });

  test("stops early without reading on", async () => {
    for await (const note of openNotes(address)) {
      expect(note.id).toBe("1");
      break;
    }
  });

  test("passes on PostgreSQL's code, never its words", async () => {
    const where = "text::integer > 0";
    const error = await read({ where }).then(
      () => expect.unreachable(),
      (thrown: Error & { code: string; details: Record<string, unknown> }) => thrown,
    );
    expect(error).toMatchObject({ code: "NOTES_DATABASE", details: { code: "22P02" } });
    const { notes } = await read({ where: "row_id = 1" });
    expect(error.message).not.toContain(notes[0]!.text.slice(0, 12));
    expect(error.message).not.toContain("integer");
    expect((error as { cause?: unknown }).cause).toBeUndefined();
  });

  test("refuses to write, and names that are no names", async () => {
    await expect(
      read({ where: "pg_notify('a','b') IS NULL) ; DROP TABLE mimiciii.noteevents; --" }),
    ).rejects.toMatchObject({
      code: "NOTES_DATABASE",
    });
    expect((await read({ where: "row_id = 1" })).notes).toHaveLength(1);
    await expect(read({ table: "a; drop table b" })).rejects.toMatchObject({ code: "USAGE" });
    await expect(read({ table: "missing" })).rejects.toMatchObject({
      code: "NOTES_DATABASE",
      details: { code: "42P01" },
    });
    await expect(read({}, "postgres://postgres@127.0.0.1:1/x")).rejects.toMatchObject({
      details: { code: "ECONNREFUSED" },
    });
  });
});

/** MIMIC-III's table with synthetic notes; note 2 is marked as an error, and one row more has no text. */
async function load(address: string, count: number): Promise<void> {
  const { default: pg } = await import("pg");
  const client = new pg.Client({ connectionString: address });
  await client.connect();
  await client.query(`CREATE SCHEMA mimiciii; CREATE TABLE mimiciii.noteevents (row_id integer, subject_id integer,
    hadm_id integer, chartdate timestamp(0), charttime timestamp(0), storetime timestamp(0), category varchar(50),
    description varchar(300), cgid integer, iserror char(1), text text)`);
  let id = 0;
  for (const note of synthesizeNotes({ seed: 3, count })) {
    id++;
    await client.query(
      "INSERT INTO mimiciii.noteevents (row_id, subject_id, chartdate, category, iserror, text) VALUES ($1,$2,'2150-01-31',$3,$4,$5)",
      [id, 10000 + (id >> 3), note.category, id === 2 ? "1" : null, note.text],
    );
  }
  await client.query("INSERT INTO mimiciii.noteevents (row_id) VALUES ($1)", [id + 1]);
  await client.end();
}
