/** Pipelines against those of Python's transformers (`generate/pipelines.py`): entities, classes, fillings, offsets. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  AGGREGATION_STRATEGIES,
  type FillMaskResult,
  type Pipeline,
  pipeline,
  type TextClassificationResult,
  type TokenClassificationResult,
} from "../../src/pipelines/index.js";
import { classifyTexts } from "../../src/pipelines/text-classification.js";

const ORACLE = new URL("./checkpoints/", import.meta.url).pathname;
const golden = JSON.parse(readFileSync(join(ORACLE, "pipelines.json"), "utf8")) as {
  texts: string[];
  masked: string[];
  tokens: string[][];
  entities: Record<string, TokenClassificationResult[][]>;
  fillings: FillMaskResult[][];
  classes: TextClassificationResult[][][];
  pairs: TextClassificationResult[][];
};

/** Scores to 1e-5, everything else exactly. */
function expectClose(got: unknown, wanted: unknown): void {
  const scores = (value: unknown): number[] =>
    JSON.stringify(value)
      .match(/"score":[0-9.e-]+/g)
      ?.map((text) => Number(text.slice(8))) ?? [];
  const rest = (value: unknown): unknown =>
    JSON.parse(JSON.stringify(value, (key, item) => (key === "score" ? null : (item as unknown))));
  expect(rest(got)).toEqual(rest(wanted));
  const reference = scores(wanted);
  for (const [index, score] of scores(got).entries())
    expect(Math.abs(score - reference[index]!)).toBeLessThan(1e-5);
}

describe("token-classification", () => {
  let tag: Pipeline<"token-classification">;
  beforeAll(async () => {
    tag = await pipeline("token-classification", join(ORACLE, "token-classification"));
  });
  afterAll(() => tag.dispose());

  it("tokenizes as transformers", () => {
    expect(golden.texts.map((text) => tag.tokenizer.tokenize(text))).toEqual(golden.tokens);
  });

  it.each(AGGREGATION_STRATEGIES)(
    "%s: the entities of transformers, with offsets",
    async (aggregation_strategy) => {
      expectClose(await tag(golden.texts, { aggregation_strategy }), golden.entities[aggregation_strategy]);
    },
  );

  it("gives one text the answer that it gets among others", async () => {
    const options = { aggregation_strategy: "first", ignore_labels: [] } as const;
    const together = await tag(golden.texts, options);
    for (const [index, text] of golden.texts.entries())
      expectClose(await tag(text, options), together[index]);
  });

  it("reads a note of any length in windows, and finds offsets in all of it", async () => {
    const sentence = "patient denies chest pain and was given aspirin with mild tachycardias . ";
    const note = sentence.repeat(40);
    const found = await tag(note, { ignore_labels: [] });
    expect(found).toHaveLength(note.trim().split(" ").length + 2 * 40);
    for (const { word, start, end } of found) expect(note.slice(start, end)).toBe(word.replace(/^##/, ""));
    expect(found.map(({ index }) => index)).toEqual(found.map((_, index) => index + 1));
  });

  it("takes each token from the window where it has most context: a window of the whole note changes nothing", async () => {
    const note = golden.texts.slice(0, 3).join(" ");
    const whole = await tag(note, { ignore_labels: [] });
    const windowed = await tag(note, { ignore_labels: [], max_length: 34, stride: 8 });
    expectClose(windowed, whole);
  });

  it("refuses a strategy that is none", async () => {
    await expect(tag("x", { aggregation_strategy: "last" as "first" })).rejects.toMatchObject({
      code: "PIPELINE_OPTION",
      details: { allowed: AGGREGATION_STRATEGIES },
    });
  });
});

describe("text-classification", () => {
  let classify: Pipeline<"text-classification">;
  beforeAll(async () => {
    classify = await pipeline("text-classification", join(ORACLE, "sequence-classification"));
  });
  afterAll(() => classify.dispose());

  it("gives the classes of transformers", async () => {
    expectClose(await classify(golden.texts, { top_k: null }), golden.classes.flat());
    expectClose(
      await classify(golden.texts),
      golden.classes.flat().map(([best]) => best),
    );
  });

  it("classifies pairs", async () => {
    const pairs = [[golden.texts[0]!, golden.texts[1]!] as const];
    expectClose(
      await classifyTexts(classify.tokenizer, classify.model, pairs, { top_k: null }),
      golden.pairs,
    );
  });
});

describe("fill-mask", () => {
  let fill: Pipeline<"fill-mask">;
  beforeAll(async () => {
    fill = await pipeline("fill-mask", join(ORACLE, "pretraining"));
  });
  afterAll(() => fill.dispose());

  it("gives the fillings of transformers", async () => {
    expectClose(await fill([golden.masked[0]!], { top_k: 4 }), golden.fillings);
  });

  it("names the text without a mask by its index, not by its words", async () => {
    const error = await fill(["he has [MASK] .", "he has fever ."]).catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ code: "PIPELINE_INPUT", details: { index: 1 } });
    expect(String(error)).not.toContain("fever");
  });
});

describe("feature-extraction", () => {
  it("pools as asked, in the order of the texts", async () => {
    const extract = await pipeline("feature-extraction", join(ORACLE, "pretraining"));
    try {
      const none = await extract(golden.texts);
      const longest = Math.max(...golden.tokens.map((tokens) => tokens.length)) + 2;
      expect(none.dims).toEqual([golden.texts.length, longest, 16]);
      const mean = await extract(golden.texts, { pooling: "mean" });
      const cls = await extract(golden.texts, { pooling: "cls" });
      const four = await extract(golden.texts, { pooling: "last_four_layers" });
      expect(four.dims).toEqual([golden.texts.length, 2 * 16]);
      for (const [index, tokens] of golden.tokens.entries()) {
        const count = tokens.length + 2;
        const rows = Array.from(
          { length: count },
          (_, token) => none.row(index).row(token).data as Float32Array,
        );
        expect(cls.row(index).data).toEqual(rows[0]!);
        for (let axis = 0; axis < 16; axis++) {
          const average = rows.reduce((sum, row) => sum + row[axis]!, 0) / count;
          expect(Number(mean.row(index).data[axis])).toBeCloseTo(average, 5);
          // The last of the joined layers is the last hidden state.
          expect(Number(four.row(index).data[16 + axis])).toBeCloseTo(average, 5);
        }
        // Nothing stands behind the end of a shorter text.
        expect(
          none
            .row(index)
            .data.subarray(count * 16)
            .every((value) => value === 0),
        ).toBe(true);
      }
    } finally {
      await extract.dispose();
    }
  });
});
