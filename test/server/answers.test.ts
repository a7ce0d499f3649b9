/** What the server answers is what the pipelines answer, whatever shares a batch with it. */
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pipeline } from "../../src/pipelines/index.js";
import type { Tensor } from "../../src/graph/tensor.js";
import { createSectionSplitter } from "../../src/sections/index.js";
import type { DeidentifyResponse, Entity, ModelList, SimpleToken } from "../../src/server/api.js";
import { deidentify, openDeidModel } from "../../src/tasks/index.js";
import { get, MODELS, post, startTestServer, type TestServer } from "./serve.js";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
}, 60_000);
afterAll(() => server.stop());

const send = async (route: string, body: unknown): Promise<unknown> => {
  const { status, body: answer, text } = await post(server.url + route, body);
  if (status !== 200) throw new Error(`${status} ${text}`);
  return answer;
};

const SENTENCES = [
  "patient denies chest pain",
  "he has no fever , cough",
  "she was given aspirin and metoprolol 50 mg daily . no acute distress",
  "mild pain",
  "xxyy tachycardia bradypnea é ü . left lung , right lung",
];
/** Far longer than the 32 positions of the test models; surrogate pairs and accents shift the units of offsets. */
const NOTE = Array.from({ length: 9 }, (_, index) => `😀 ${SENTENCES[index % SENTENCES.length]} é`).join(
  "\n",
);

/** Numbers nearly equal, all else equal: rows that share a batch are padded, which moves the last bits. */
function expectClose(actual: unknown, expected: unknown): void {
  if (typeof expected === "number") expect(Math.abs((actual as number) - expected)).toBeLessThan(1e-5);
  else if (typeof expected === "object" && expected !== null) {
    expect(Object.keys(actual as object)).toEqual(Object.keys(expected));
    for (const [key, value] of Object.entries(expected))
      expectClose((actual as Record<string, unknown>)[key], value);
  } else expect(actual).toBe(expected);
}

async function embeddings(texts: readonly string[]): Promise<number[][]> {
  const extract = await pipeline("feature-extraction", MODELS.masks);
  const rows = await extract(texts, { pooling: "mean", normalize: true });
  await extract.dispose();
  return Array.from(rows as Iterable<Tensor>, (row) => row.tolist() as number[]);
}

describe("answers", () => {
  test("GET /models says what each model can do", async () => {
    const { body } = await get(`${server.url}/models`);
    const { models } = body as ModelList;
    expect(models.map(({ id, tasks }) => [id, tasks])).toEqual([
      ["masks", ["embed", "attention", "fill-mask"]],
      ["ner", ["embed", "attention", "token-classification"]],
      ["nli", ["embed", "attention", "text-classification"]],
    ]);
    expect(models[1]!.labels).toEqual(["O", "B-problem", "I-problem", "B-test", "I-test"]);
    for (const { sha256 } of models) expect(sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  test("/embed: pooled and normalized, one vector for a string, token ids as texts", async () => {
    const expected = await embeddings(SENTENCES);
    expectClose(await send("/embed", { inputs: SENTENCES }), expected);
    expectClose(await send("/embed", { inputs: SENTENCES[0] }), [expected[0]]);
    const tokens = (await send("/tokenize", { inputs: SENTENCES })) as SimpleToken[][];
    expectClose(await send("/embed", { inputs: tokens.map((row) => row.map(({ id }) => id)) }), expected);
    const [raw] = (await send("/embed", { inputs: SENTENCES[0], normalize: false })) as number[][];
    expect(Math.hypot(...raw!)).not.toBeCloseTo(1, 2);
    const [short] = (await send("/embed", { inputs: SENTENCES[0], dimensions: 4 })) as number[][];
    expect(short).toHaveLength(4);
    expect(Math.hypot(...short!)).toBeCloseTo(1, 5);
  });

  test("/embed: truncation from either side gives what the shorter text gives", async () => {
    const words = Array.from({ length: 60 }, (_, index) => (index % 2 === 0 ? "patient" : "cough"));
    const [right] = (await send("/embed", { inputs: words.join(" "), truncate: true })) as number[][];
    const [left] = (await send("/embed", {
      inputs: `mild ${words.slice(1).join(" ")}`,
      truncate: true,
      truncation_direction: "Left",
    })) as number[][];
    expectClose([right, left], await embeddings([words.slice(0, 30).join(" "), words.slice(-30).join(" ")]));
  });

  test.each(["utf16", "codepoint", "byte"] as const)(
    "/token-classification of a long note, offsets in %s: each entity is its slice",
    async (offsets) => {
      const tag = await pipeline("token-classification", MODELS.ner);
      const expected = await tag(NOTE, { aggregation_strategy: "first" });
      await tag.dispose();
      expect(expected.length).toBeGreaterThan(10);
      const found = (await send("/token-classification", { inputs: NOTE, offsets })) as Entity[];
      const slices = {
        utf16: (start: number, end: number) => NOTE.slice(start, end),
        codepoint: (start: number, end: number) => [...NOTE].slice(start, end).join(""),
        byte: (start: number, end: number) => Buffer.from(NOTE).subarray(start, end).toString(),
      };
      expect(found.map(({ start, end }) => slices[offsets](start, end))).toEqual(
        expected.map(({ start, end }) => NOTE.slice(start, end)),
      );
      expectClose(
        found.map(({ entity_group, score }) => ({ entity_group, score })),
        expected.map(({ entity_group, score }) => ({ entity_group, score })),
      );
    },
  );

  test("/fill-mask, /text-classification and /predict are the pipelines", async () => {
    const fill = await pipeline("fill-mask", MODELS.masks);
    const masked = ["patient denies [MASK] pain", "he has [MASK] fever"];
    const fillings = await fill(masked, { top_k: 3 });
    expectClose(await send("/fill-mask", { inputs: masked, parameters: { top_k: 3 } }), fillings);
    expectClose(await send("/fill-mask", { inputs: masked[0], parameters: { top_k: 3 } }), fillings[0]);
    await fill.dispose();
    const classify = await pipeline("text-classification", MODELS.nli);
    const classes = await classify(SENTENCES, { top_k: null });
    await classify.dispose();
    expectClose(await send("/text-classification", { inputs: SENTENCES }), classes);
    expectClose(await send("/predict", { inputs: SENTENCES.map((text) => [text]) }), classes);
    const pair = [SENTENCES[0]!, SENTENCES[1]!] as const;
    // Hugging Face's clients take the first of a list, also for one input (seen of huggingface_hub 2.4.0, @huggingface/inference 4.13.30).
    expectClose(await send("/text-classification", { inputs: SENTENCES[0] }), [classes[0]]);
    expectClose(
      [await send("/predict", { inputs: pair })],
      await send("/text-classification", { inputs: { text: pair[0], text_pair: pair[1] } }),
    );
    const raw = (await send("/predict", { inputs: pair, raw_scores: true })) as { score: number }[];
    expect(raw.reduce((sum, { score }) => sum + score, 0)).not.toBeCloseTo(1, 3);
  });

  test("/deidentify is the library's, for models whose classes are PHI; others have no such task", async () => {
    expect((await post(`${server.url}/deidentify`, { inputs: NOTE })).status).toBe(424);
    const folder = await mkdtemp(join(tmpdir(), "deid-"));
    await cp(MODELS.ner, folder, { recursive: true });
    const config = JSON.parse(await readFile(join(folder, "config.json"), "utf8"));
    config.id2label = { 0: "O", 1: "B-PATIENT", 2: "I-PATIENT", 3: "B-DATE", 4: "I-DATE" };
    await writeFile(join(folder, "config.json"), JSON.stringify(config));
    const phi = await startTestServer({ models: [{ id: "phi", source: folder }] });
    const library = await openDeidModel(folder);
    const [expected] = await deidentify(library, [{ id: "", text: NOTE }], {
      threshold: 0.5,
      replace: "placeholder",
    });
    await library.dispose();
    const { status, body } = await post(`${phi.url}/deidentify`, {
      inputs: NOTE,
      offsets: "codepoint",
      parameters: { threshold: 0.5, replace: "placeholder" },
    });
    await phi.stop();
    await rm(folder, { recursive: true });
    const found = body as DeidentifyResponse;
    expect(status).toBe(200);
    expect(expected!.entities.length).toBeGreaterThan(3);
    expect(found.entities.map(({ start, end }) => [...NOTE].slice(start, end).join(""))).toEqual(
      expected!.entities.map(({ span }) => NOTE.slice(...span)),
    );
    expect([found.text, found.notice, found.measured]).toEqual([expected!.text, expected!.notice, null]);
  });

  test("/attention: rows sum to 1, tokens and spans are those of the text", async () => {
    const inputs = "😀 patient has tachycardia";
    const { tokens, spans, weights } = (await send("/attention", { inputs, layer: 1, head: 1 })) as {
      tokens: string[];
      spans: ([number, number] | null)[];
      weights: number[][];
    };
    expect(tokens.at(-2)).toBe("##cardia");
    expect(spans.map((span) => span && inputs.slice(...span)).at(-2)).toBe("cardia");
    expect(weights).toHaveLength(tokens.length);
    for (const row of weights) expect(row.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
  });

  test("/sections and /sentences are the commands", async () => {
    const note = "😀 HISTORY:\nhe fell. he got up.\n\nPLAN:\naspirin\n";
    const splitter = createSectionSplitter("corrected");
    expect(await send("/sections", { inputs: note })).toEqual({ sections: splitter.split(note) });
    const { sentences } = (await send("/sentences", { inputs: note, offsets: "byte" })) as {
      sentences: { text: string; spans: [number, number][] }[];
    };
    expect(sentences.map(({ text }) => text)).toContain("he got up.");
    for (const { text, spans } of sentences)
      expect(
        spans
          .map((span) =>
            Buffer.from(note)
              .subarray(...span)
              .toString(),
          )
          .join(" "),
      ).toBe(text);
    expect(await send("/sections", { inputs: [note, ""] })).toHaveLength(2);
  });

  test("many requests at once: each gets its own answer", async () => {
    const lone = new Map<string, unknown>();
    const requests = Array.from({ length: 60 }, (_, index) => {
      const words = SENTENCES.join(" ").split(" ");
      const text = words.slice(index % 11, (index % 11) + 1 + (index % 17)).join(" ");
      const route = ["/embed", "/token-classification", "/text-classification"][index % 3]!;
      return { route, body: { inputs: index % 2 === 0 ? text : [text, SENTENCES[index % 5]!] } };
    });
    for (const { route, body } of requests) lone.set(route + JSON.stringify(body), await send(route, body));
    const together = await Promise.all(requests.map(({ route, body }) => send(route, body)));
    for (const [index, { route, body }] of requests.entries())
      expectClose(together[index], lone.get(route + JSON.stringify(body)));
    const { text } = await get(`${server.url}/metrics`);
    const runs = Number(
      /clinicalbert_batch_tokens_count\{model="masks",head="encoder"\} (\d+)/.exec(text)![1],
    );
    expect(runs).toBeGreaterThan(0);
  });

  test("two workers answer as one does", async () => {
    const two = await startTestServer({ workers: 2 });
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => post(`${two.url}/embed`, { inputs: SENTENCES })),
    );
    await two.stop();
    for (const { body } of answers) expectClose(body, await send("/embed", { inputs: SENTENCES }));
  });
});
