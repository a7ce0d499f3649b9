/** The spaCy flags of `sentences` and `format`, on the tiny pipeline that spaCy itself answered for (test/oracle/spacy). */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCli } from "./run-cli.js";

interface Golden {
  readonly answers: readonly {
    readonly text: string;
    readonly words: readonly string[];
    readonly starts: readonly number[];
  }[];
  readonly script: readonly (readonly string[])[];
}

const PIPELINE = fileURLToPath(new URL("../oracle/spacy/spacy-v3.tar.gz", import.meta.url));
const golden = JSON.parse(
  gunzipSync(readFileSync(new URL("../oracle/spacy/spacy-v3.json.gz", import.meta.url))).toString(),
) as Golden;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "spacy-commands-"));
});
afterAll(() => rm(folder, { recursive: true }));

const input = golden.answers.map(({ text }, id) => `${JSON.stringify({ id, text })}\n`).join("");

interface Line {
  readonly id: number;
  readonly sentences: readonly { readonly text: string; readonly spans: readonly [number, number][] }[];
}

async function sentences(...flags: string[]): Promise<{ lines: Line[]; stderr: string }> {
  const { code, stdout, stderr } = await runCli(
    ["sentences", "--splitter", "spacy", "--model", PIPELINE, ...flags],
    {
      input,
    },
  );
  expect([code, stderr.includes("was not compared")]).toEqual([0, true]);
  const lines = stdout.trimEnd().split("\n");
  return { lines: lines.map((line) => JSON.parse(line) as Line), stderr };
}

describe("sentences --splitter spacy", () => {
  it("gives as many sentences as doc.sents, each a slice of its text", async () => {
    const { lines } = await sentences();
    for (const [id, { text, words, starts }] of golden.answers.entries()) {
      const line = lines[id]!;
      expect(line.id).toBe(id);
      expect(line.sentences).toHaveLength(words.filter((_, at) => at === 0 || starts[at] === 1).length);
      for (const { text: sentence, spans } of line.sentences)
        expect(text.slice(...spans[0]!).replace(/\s+/g, " ")).toBe(sentence.replace(/\s+/g, " "));
    }
  });

  it("--rules alsentzer2019 gives the lines of the published script", async () => {
    const { lines } = await sentences("--rules", "alsentzer2019");
    expect(lines.map((line) => line.sentences.map(({ text }) => text))).toEqual(golden.script);
  });

  it.each([
    [["--splitter", "spacy"], "--model"],
    [["--splitter", "spacy", "--model", PIPELINE, "--rules", "other"], "alsentzer2019"],
    [["--splitter", "python"], "spacy"],
  ])("refuses %j as usage", async (flags, named) => {
    const { code, stderr } = await runCli(["sentences", ...flags], { input });
    expect([code, stderr]).toEqual([2, expect.stringContaining(named)]);
  });

  it("names a model that is no pipeline", async () => {
    const { code, stderr } = await runCli(["sentences", "--splitter", "spacy", "--model", folder], { input });
    expect([code, stderr]).toEqual([1, expect.stringContaining("SPACY_NOT_A_PIPELINE")]);
  });
});

describe("format --preset alsentzer2019", () => {
  it("writes the script's lines, on any number of threads, and counts those of white space alone", async () => {
    const notes = join(folder, "notes.jsonl");
    // Lines without a heading stay together as one section, so that white space between them reaches the splitter.
    const texts = golden.answers.slice(3, 12).map(({ text }) => `${text}\n   \n\n${text}`);
    await writeFile(notes, texts.map((text, id) => `${JSON.stringify({ id: `n${id}`, text })}\n`).join(""));
    const corpora: string[] = [];
    let counts: { sentences: number; blankLines: number } | null = null;
    for (const threads of ["1", "2"]) {
      const out = join(folder, `corpus-${threads}`);
      const { code, stdout } = await runCli([
        ...["format", notes, "--out", out, "--preset", "alsentzer2019", "--model", PIPELINE],
        ...["--one-file", "--threads", threads, "--json"],
      ]);
      expect(code).toBe(0);
      counts = (JSON.parse(stdout) as { counts: { sentences: number; blankLines: number } }).counts;
      corpora.push(await readFile(join(out, "notes.txt"), "utf8"));
    }
    expect(corpora[1]).toBe(corpora[0]);
    const written = corpora[0]!.split("\n").filter((line) => line !== "");
    expect(counts!.sentences).toBe(written.length);
    expect(counts!.blankLines).toBe(written.filter((line) => line.trim() === "").length);
  });

  it("needs a model", async () => {
    const { code, stderr } = await runCli([
      "format",
      "-",
      "--out",
      join(folder, "x"),
      "--preset",
      "alsentzer2019",
    ]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("--model")]);
  });
});
