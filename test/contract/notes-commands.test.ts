/** The text commands as other programs see them: run from `dist`, over pipes, killed in the middle. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const BIN = fileURLToPath(new URL("../../dist/cli/bin.js", import.meta.url));
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "clinicalbert-commands-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function run(args: readonly string[], input = "") {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, ...args], { input, encoding: "utf8" });
  return {
    status,
    stdout,
    stderr,
    rows: () =>
      stdout
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line)),
  };
}

describe("sections and sentences", () => {
  const input = [
    '{"id":"a","text":"Labs:\\nµ 😀 ok\\n\\nPlan:\\nrest","more":1}',
    "not json",
    '{"id":2,"text":"1. a\\n2. b\\n3 tablets"}',
    '{"id":null}',
  ].join("\n");

  test("answer every line in order, name what they refuse, and end with 1", () => {
    const { status, stderr, rows } = run(["sections", "--rules", "alsentzer2019"], input);
    expect(status).toBe(1);
    expect(stderr).toBe("");
    const [first, second, third, fourth] = rows();
    expect(first).toEqual({
      id: "a",
      sections: [
        {
          text: "Labs: µ 😀 ok",
          spans: [
            [0, 5],
            [6, 13],
          ],
          title: [0, 4],
          category: "results",
        },
        {
          text: "Plan: rest",
          spans: [
            [15, 20],
            [21, 25],
          ],
          title: [15, 19],
          category: "plan",
        },
      ],
    });
    expect(second).toMatchObject({ id: null, line: 2, error: { code: "USAGE" } });
    expect(third).toMatchObject({ id: 2, error: { code: "SECTIONS_REFUSED" } });
    expect(fourth).toMatchObject({ id: null, error: { code: "USAGE" } });
  });

  test.each([
    ["codepoint", [6, 12], [14, 19]],
    ["byte", [6, 16], [18, 23]],
  ])("count offsets in %s on request", (unit, body, next) => {
    const { rows, status } = run(["sections", "--offsets", unit], input.split("\n")[0]);
    expect(status).toBe(0);
    expect(rows()[0].sections[0].spans[1]).toEqual(body);
    expect(rows()[0].sections[1].spans[0]).toEqual(next);
  });

  test("sentences of a text, and of its sections", () => {
    const line = '{"id":7,"text":"Seen by Dr. Ho.\\nLabs:\\nok"}';
    const plain = run(["sentences"], line).rows()[0];
    expect(plain).toEqual({
      id: 7,
      sentences: [
        { text: "Seen by Dr. Ho.", spans: [[0, 15]] },
        { text: "Labs:", spans: [[16, 21]] },
        { text: "ok", spans: [[22, 24]] },
      ],
    });
    const sectioned = run(["sentences", "--sections", "corrected"], line).rows()[0];
    expect(sectioned.sentences[1]).toEqual({
      text: "Labs: ok",
      spans: [
        [16, 21],
        [22, 24],
      ],
    });
  });

  test.each([
    ["sections", "--rules", "none"],
    ["sections", "--offsets", "words"],
    ["sentences", "--splitter", "none"],
    ["format", "x.csv"],
    ["format", "x.csv", "--out", "o", "--threads", "0"],
  ])("usage errors end with 2: %s %s %s", (...args) => {
    expect(run(args).status).toBe(2);
  });
});

describe("format", () => {
  const corpusFiles = (name: string): string[] =>
    readdirSync(join(folder, name))
      .filter((file) => /\.(?:txt|jsonl)$/.test(file))
      .sort();

  test("gives the same bytes on any number of threads, and after kill -9", async () => {
    const csv = join(folder, "NOTEEVENTS.csv");
    expect(run(["synthesize", "--bytes", "12MB", "--format", "noteevents", "--out", csv]).status).toBe(0);
    // Damage in the middle: an opening quote lost, and a hole of NUL bytes.
    const bytes = readFileSync(csv);
    const hole = bytes.length >> 1;
    bytes.fill(0, hole, hole + 5000);
    writeFileSync(csv, bytes);
    const one = run(["format", csv, "--out", join(folder, "one"), "--threads", "1", "--json"]);
    expect(one.status).toBe(0);
    const manifest = JSON.parse(one.stdout);
    expect(Object.values<number>(manifest.refusedRows).reduce((a, b) => a + b, 0)).toBeGreaterThan(0);
    expect(run(["format", csv, "--out", join(folder, "two"), "--threads", "2"]).status).toBe(0);

    const killed = spawn(process.execPath, [
      BIN,
      "format",
      csv,
      "--out",
      join(folder, "killed"),
      "--threads",
      "2",
    ]);
    const ended = new Promise<NodeJS.Signals | null>((done) =>
      killed.on("exit", (_code, signal) => done(signal)),
    );
    while (!existsSync(join(folder, "killed", ".format"))) await new Promise((done) => setTimeout(done, 5));
    killed.kill("SIGKILL");
    expect(await ended).toBe("SIGKILL");
    expect(corpusFiles("killed")).toEqual([]);
    expect(run(["format", csv, "--out", join(folder, "killed"), "--threads", "2"]).status).toBe(0);

    for (const other of ["two", "killed"]) {
      expect(corpusFiles(other)).toEqual(corpusFiles("one"));
      for (const file of corpusFiles("one"))
        expect(readFileSync(join(folder, other, file)).equals(readFileSync(join(folder, "one", file)))).toBe(
          true,
        );
    }
  }, 60_000);
});
