import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import { createSpacySplitter } from "../sentences/spacy-splitter.js";
import { hashRows } from "./hash-rows.js";
import { loadSpacyPipeline } from "./load-pipeline.js";
import type { ParserStep } from "./parser.js";
import type { SpacyPipeline } from "./pipeline.js";
import { attributeValue } from "./word-types.js";
import { stringIdsV3 } from "./vocabulary.js";

interface Answer {
  readonly text: string;
  readonly words: readonly string[];
  readonly spaces: readonly number[];
  readonly norms: readonly string[];
  readonly heads: readonly number[];
  readonly labels: readonly string[];
  readonly starts: readonly number[];
}

interface Golden {
  readonly spacy: string;
  readonly answers: readonly Answer[];
  readonly script: readonly (readonly string[] | null)[];
  readonly inner: {
    readonly text: string;
    readonly ids: readonly (readonly string[])[];
    readonly rows: readonly (readonly (readonly number[])[])[];
    readonly embedded: readonly number[];
    readonly vectors: readonly number[];
    readonly steps: readonly { readonly features: readonly number[]; readonly scores: readonly number[] }[];
  };
}

const folder = new URL("../../test/oracle/spacy/", import.meta.url);

function readGolden(name: string): Golden {
  return JSON.parse(gunzipSync(readFileSync(new URL(name, folder))).toString()) as Golden;
}

function expectClose(actual: ArrayLike<number>, expected: readonly number[], tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  const worst = expected.reduce((most, value, index) => Math.max(most, Math.abs(value - actual[index]!)), 0);
  expect(worst).toBeLessThan(tolerance);
}

describe.each([
  ["spacy-v3", "spacy-3", "3.7.5"],
  ["spacy-v2", "spacy-2.0", "2.0.18"],
])("a tiny pipeline of %s", (name, layout, version) => {
  const golden = readGolden(`${name}.json.gz`);
  let pipeline: SpacyPipeline;
  beforeAll(async () => {
    pipeline = await loadSpacyPipeline(fileURLToPath(new URL(`${name}.tar.gz`, folder)));
  });

  it("loads from the archive", () => {
    expect(golden.spacy).toBe(version);
    expect(pipeline.layout).toBe(layout);
  });

  it("gives spaCy's words, norms, heads, labels and sentence starts", () => {
    const parses = pipeline.parse(golden.answers.map(({ text }) => text));
    for (const [index, parse] of parses.entries()) {
      const expected = golden.answers[index]!;
      const indices = [...expected.words.keys()];
      const { words, tree } = parse;
      expect(words.count).toBe(expected.words.length);
      expect(indices.map((word) => parse.form(word).text)).toEqual(expected.words);
      expect(
        indices.map((word) =>
          parse.text.slice(words.starts[word], words.starts[word]! + words.lengths[word]!),
        ),
      ).toEqual(expected.words);
      expect([...words.spaces.subarray(0, words.count)]).toEqual(expected.spaces);
      expect(indices.map((word) => parse.form(word).norm)).toEqual(expected.norms);
      expect([...tree!.heads]).toEqual(expected.heads);
      expect(indices.map((word) => parse.label(word))).toEqual(expected.labels);
      expect([...parse.sentenceStarts]).toEqual(expected.starts);
    }
  });

  it("gives the same answer for a text alone and in a batch", () => {
    const batch = pipeline.parse(golden.answers.map(({ text }) => text));
    for (const [index, { text }] of golden.answers.entries())
      expect([...pipeline.parse([text])[0]!.sentenceStarts]).toEqual([...batch[index]!.sentenceStarts]);
  });

  it("gives the token vectors", () => {
    expectClose(
      pipeline.vectors(golden.inner.text, layout === "spacy-3" ? "tok2vec" : "parser"),
      golden.inner.vectors,
      2e-5,
    );
  });

  it("gives the lines of clinicalBERT's script, blank ones and merged placeholders included", async () => {
    const splitter = createSpacySplitter(pipeline, "alsentzer2019");
    const texts = golden.answers.map(({ text }) => text);
    const alone = texts.map((text) => splitter.split(text));
    expect(await splitter.splitMany(texts)).toEqual(alone);
    const lines = alone.map((sentences) => sentences.map(({ text }) => text));
    expect(lines).toEqual(golden.script);
    expect(golden.script.flat().some((line) => line?.trim() === "")).toBe(true);
  });

  it("gives doc.sents without the script's rules", () => {
    const splitter = createSpacySplitter(pipeline, "plain");
    for (const { text, words, starts } of golden.answers) {
      const spans = splitter.split(text).map(({ spans }) => spans[0]!);
      expect(spans.length).toBe(words.filter((_, index) => index === 0 || starts[index] === 1).length);
      for (const [index, [start, end]] of spans.entries()) {
        expect(end).toBeGreaterThan(start);
        if (index > 0) expect(start).toBeGreaterThanOrEqual(spans[index - 1]![1]);
      }
    }
  });
});

describe("the inside of the tiny spaCy 3 pipeline", () => {
  const { inner } = readGolden("spacy-v3.json.gz");
  let pipeline: SpacyPipeline;
  beforeAll(async () => {
    pipeline = await loadSpacyPipeline(fileURLToPath(new URL("spacy-v3.tar.gz", folder)));
  });

  it("has spaCy's attribute ids and hash rows", () => {
    const attributes = ["NORM", "PREFIX", "SUFFIX", "SHAPE", "SPACY", "IS_SPACE"] as const;
    const sizes = [60, 30, 40, 40, 10, 10];
    const parse = pipeline.tokenize(inner.text);
    const rows = new Uint32Array(4);
    for (let word = 0; word < parse.words.count; word++)
      for (const [column, attribute] of attributes.entries()) {
        const id = attributeValue(parse.form(word), parse.words.spaces[word] === 1, attribute, stringIdsV3);
        expect(id.toString()).toBe(inner.ids[word]![column]);
        hashRows(id, 8 + column, sizes[column]!, rows, 0);
        expect([...rows]).toEqual(inner.rows[column]![word]);
      }
  });

  it("has its mixed embeddings", () => {
    expectClose(pipeline.embeddings(inner.text, "tok2vec"), inner.embedded, 1e-5);
  });

  it("has its state features and scores at every step", () => {
    const steps: { features: number[]; scores: number[] }[] = [];
    const observe = ({ features, scores }: ParserStep): void => {
      steps.push({ features: [...features], scores: [...scores.subarray(0, inner.steps[0]!.scores.length)] });
    };
    pipeline.parse([inner.text], { observe });
    expect(steps.map(({ features }) => features)).toEqual(inner.steps.map(({ features }) => features));
    for (const [index, { scores }] of steps.entries()) expectClose(scores, inner.steps[index]!.scores, 1e-4);
  });
});
