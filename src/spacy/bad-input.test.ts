import { cp, mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { crc32, deflateRawSync } from "node:zlib";
import { x as extract } from "tar";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadSpacyPipeline } from "./load-pipeline.js";

const golden = fileURLToPath(new URL("../../test/oracle/spacy/", import.meta.url));
let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "clinicalbert-spacy-"));
  for (const name of ["v3", "v2"]) {
    await mkdir(join(root, name));
    await extract({ file: join(golden, `spacy-${name}.tar.gz`), cwd: join(root, name), strip: 3 });
  }
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** A copy of a pipeline's folder that `change` spoils. */
async function spoiled(layout: "v3" | "v2", change: (folder: string) => Promise<void>): Promise<string> {
  const folder = await mkdtemp(join(root, "spoiled-"));
  await cp(join(root, layout), folder, { recursive: true });
  await change(folder);
  return folder;
}

async function replaceIn(path: string, from: string, to: string): Promise<void> {
  const text = await readFile(path, "utf8");
  expect(text).toContain(from);
  await writeFile(path, text.replace(from, to));
}

function loading(path: string): Promise<unknown> {
  return loadSpacyPipeline(path).then(
    () => "loaded",
    (error: { code?: string; message: string }) => ({ code: error.code, message: error.message }),
  );
}

/** A zip archive with deflated entries, as wheels are. */
async function createZip(folder: string, prefix: string): Promise<Buffer> {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let position = 0;
  const names = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) =>
    entry.isFile(),
  );
  for (const entry of names) {
    const path = join(entry.parentPath, entry.name);
    const name = Buffer.from(prefix + path.slice(folder.length + 1).replaceAll("\\", "/"));
    const bytes = await readFile(path);
    const packed = deflateRawSync(bytes);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(8, 4);
    fields.writeUInt32LE(crc32(bytes), 10);
    fields.writeUInt32LE(packed.length, 14);
    fields.writeUInt32LE(bytes.length, 18);
    fields.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from("PK\x03\x04", "latin1"), fields, name, packed]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(position, 10);
    directory.push(Buffer.concat([Buffer.from("PK\x01\x02\x14\x00", "latin1"), fields, rest, name]));
    parts.push(local);
    position += local.length;
  }
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", "latin1");
  end.writeUInt16LE(names.length, 8);
  end.writeUInt16LE(names.length, 10);
  end.writeUInt32LE(
    directory.reduce((sum, entry) => sum + entry.length, 0),
    12,
  );
  end.writeUInt32LE(position, 16);
  return Buffer.concat([...parts, ...directory, end]);
}

describe("loading", () => {
  it("reads a folder, a folder around it and a wheel alike", async () => {
    const around = join(root, "around");
    await cp(join(root, "v3"), join(around, "en_golden", "en_golden-0.0.0"), { recursive: true });
    const wheel = join(root, "golden-0.0.0-py3-none-any.whl");
    await writeFile(wheel, await createZip(join(root, "v3"), "golden/golden-0.0.0/"));
    const text = "The patient denies chest pain. She was admitted on Monday.";
    const answers = [];
    for (const path of [join(root, "v3"), around, wheel]) {
      const pipeline = await loadSpacyPipeline(path);
      answers.push([...pipeline.parse([text])[0]!.sentenceStarts]);
    }
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[2]).toEqual(answers[0]);
  });

  it.each<[string, "v3" | "v2", (folder: string) => Promise<void>, string, string]>([
    [
      "a folder without a pipeline",
      "v3",
      (f) => rm(join(f, "tokenizer")),
      "SPACY_NOT_A_PIPELINE",
      "tokenizer",
    ],
    ["a missing model", "v3", (f) => rm(join(f, "parser", "model")), "SPACY_MISSING_FILE", "parser/model"],
    ["missing moves", "v3", (f) => rm(join(f, "parser", "moves")), "SPACY_MISSING_FILE", "parser/moves"],
    ["missing vectors", "v3", (f) => rm(join(f, "vocab", "vectors")), "SPACY_MISSING_FILE", "vocab/vectors"],
    [
      "a missing model",
      "v2",
      (f) => rm(join(f, "parser", "tok2vec_model")),
      "SPACY_MISSING_FILE",
      "parser/tok2vec_model",
    ],
    [
      "a truncated model",
      "v3",
      (f) => truncate(join(f, "tok2vec", "model"), 3000),
      "SPACY_CORRUPT",
      "tok2vec/model",
    ],
    [
      "a truncated model",
      "v2",
      (f) => truncate(join(f, "parser", "lower_model"), 900),
      "SPACY_CORRUPT",
      "parser/lower_model",
    ],
    [
      "a truncated tokenizer",
      "v3",
      (f) => truncate(join(f, "tokenizer"), 50_000),
      "SPACY_CORRUPT",
      "tokenizer",
    ],
    ["an empty tokenizer", "v3", (f) => truncate(join(f, "tokenizer"), 0), "SPACY_CORRUPT", "tokenizer"],
    [
      "truncated vectors",
      "v3",
      (f) => truncate(join(f, "vocab", "vectors"), 200),
      "SPACY_CORRUPT",
      "vocab/vectors",
    ],
    [
      "truncated lexemes",
      "v2",
      (f) => truncate(join(f, "vocab", "lexemes.bin"), 100),
      "SPACY_CORRUPT",
      "vocab/lexemes.bin",
    ],
    [
      "meta.json that is no JSON",
      "v3",
      (f) => writeFile(join(f, "meta.json"), "{"),
      "SPACY_CORRUPT",
      "meta.json",
    ],
    [
      "floret vectors",
      "v3",
      (f) => writeFile(join(f, "vocab", "vectors.cfg"), '{"mode":"floret"}'),
      "SPACY_UNSUPPORTED",
      "floret",
    ],
    [
      "a newer spaCy",
      "v3",
      (f) => replaceIn(join(f, "meta.json"), ">=3.7.5,<3.8.0", ">=4.0.0,<5.0.0"),
      "SPACY_UNSUPPORTED",
      ">=4.0.0",
    ],
    [
      "another language",
      "v3",
      (f) => replaceIn(join(f, "meta.json"), '"lang":"en"', '"lang":"zh"'),
      "SPACY_UNSUPPORTED",
      "zh",
    ],
    [
      "another embedding",
      "v3",
      (f) => replaceIn(join(f, "config.cfg"), "spacy.MultiHashEmbed.v2", "spacy.CharacterEmbed.v2"),
      "SPACY_UNSUPPORTED",
      "spacy.CharacterEmbed.v2",
    ],
    [
      "a transformer",
      "v3",
      (f) => replaceIn(join(f, "config.cfg"), 'factory = "tok2vec"', 'factory = "transformer"'),
      "SPACY_UNSUPPORTED",
      "transformer",
    ],
    [
      "weights of another width",
      "v3",
      (f) => replaceIn(join(f, "config.cfg"), "hidden_width = 12", "hidden_width = 16"),
      "SPACY_CORRUPT",
      "parser/model",
    ],
    [
      "a beam",
      "v3",
      (f) => replaceIn(join(f, "parser", "cfg"), '"beam_width":1', '"beam_width":8'),
      "SPACY_UNSUPPORTED",
      "beam_width",
    ],
    [
      "another component",
      "v2",
      (f) => replaceIn(join(f, "meta.json"), '"parser"', '"combined_rule_sentence_segmenter","parser"'),
      "SPACY_UNSUPPORTED",
      "combined_rule_sentence_segmenter",
    ],
  ])("refuses %s (%s)", async (_, layout, change, code, named) => {
    expect(await loading(await spoiled(layout, change))).toEqual({
      code,
      message: expect.stringContaining(named),
    });
  });

  it("refuses what is no pipeline at all", async () => {
    expect(await loading(join(root, "nowhere"))).toMatchObject({ code: "FILE_NOT_FOUND" });
    await writeFile(join(root, "notes.txt"), "x");
    expect(await loading(join(root, "notes.txt"))).toMatchObject({ code: "SPACY_NOT_A_PIPELINE" });
    await writeFile(
      join(root, "cut.tar.gz"),
      (await readFile(join(golden, "spacy-v3.tar.gz"))).subarray(0, 20_000),
    );
    expect(await loading(join(root, "cut.tar.gz"))).toMatchObject({ code: "SPACY_CORRUPT" });
    await writeFile(join(root, "cut.whl"), "PK");
    expect(await loading(join(root, "cut.whl"))).toMatchObject({ code: "SPACY_CORRUPT" });
  });
});

describe("hostile texts", () => {
  const megabyte = 1_000_000;
  // Word counts that spaCy 3.7.5 gives; it does not come back from the last three within minutes.
  it.each<[string, string, number]>([
    ["letters", "a".repeat(megabyte), 1],
    ["full stops", ".".repeat(megabyte), 1],
    ["letters and full stops", "a.".repeat(megabyte / 2), 2],
    ["a word in brackets", `(${"a".repeat(megabyte)})x`, 1],
    ["white space", " ".repeat(megabyte), 1],
    ["line feeds", "\n".repeat(megabyte), 1],
    ["hyphens", "a-".repeat(megabyte / 2), 1],
    ["opening brackets", "(".repeat(megabyte), megabyte],
    ["contractions", "can't(x).,".repeat(megabyte / 10), 4],
    ["marks after a bracket", `(x)y${"a".repeat(100_000)}${"!".repeat(100_000)}`, 100_001],
  ])(
    "tokenizes a megabyte of %s",
    async (_, text, count) => {
      const pipeline = await loadSpacyPipeline(join(root, "v3"));
      const started = performance.now();
      expect(pipeline.tokenize(text).words.count).toBe(count);
      expect(performance.now() - started).toBeLessThan(20_000);
    },
    30_000,
  );

  it("parses lone surrogates, null characters and nothing", async () => {
    for (const layout of ["v3", "v2"]) {
      const pipeline = await loadSpacyPipeline(join(root, layout));
      for (const text of ["", " ", "\ud800", "a \udc00b \ud800.", "\0 \0", "\ufeff", "\u2028\u2029"]) {
        const { words, sentenceStarts } = pipeline.parse([text])[0]!;
        const covered = Array.from(words.starts.subarray(0, words.count), (start, index) =>
          text.slice(start, start + words.lengths[index]! + words.spaces[index]!),
        ).join("");
        expect(covered).toBe(text);
        expect(sentenceStarts.length).toBe(words.count);
      }
    }
  });

  it("parses a text longer than its ring of precomputed words as if it were short", async () => {
    const pipeline = await loadSpacyPipeline(join(root, "v3"));
    const sentence = "The patient denies chest pain. She was admitted on Monday with fever and cough. ";
    const parse = pipeline.parse([sentence.repeat(400)])[0]!;
    const once = pipeline.parse([sentence.repeat(4)])[0]!;
    const period = once.words.count / 4;
    expect(parse.words.count).toBe(period * 400);
    // Sentences depend on little around them: the middle repeats itself.
    const window = (start: number): number[] => [
      ...parse.sentenceStarts.subarray(start * period, (start + 1) * period),
    ];
    expect(window(390)).toEqual(window(10));
  });
});
