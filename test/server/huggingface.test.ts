/** Hugging Face's own client library, which speaks to text-embeddings-inference, against the server. */
import { InferenceClient, InferenceClientProviderApiError } from "@huggingface/inference";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseKeys } from "../../src/server/keys.js";
import { post, rejection, startTestServer, type TestServer } from "./serve.js";

const KEY = "a-key-of-more-than-sixteen";
const TEXTS = ["patient denies chest pain", "mild cough", "x"];
let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({
    keys: parseKeys(`ward:${KEY}`, "test"),
    limits: { requestsPerMinute: 60, inputs: 8 },
  });
}, 60_000);
afterAll(() => server.stop());

/** The client of one task; its address names the route. */
const endpoint = (route: string, key = KEY) => new InferenceClient(key).endpoint(`${server.url}${route}`);
const answer = async (route: string, body: unknown) =>
  (await post(server.url + route, body, { authorization: `Bearer ${KEY}` })).body;

/** The error that `promise` rejects with, which must be the client's own of an answer. */
async function failure(promise: Promise<unknown>): Promise<InferenceClientProviderApiError> {
  const error = await rejection(promise);
  expect(error).toBeInstanceOf(InferenceClientProviderApiError);
  return error as InferenceClientProviderApiError;
}

test("feature extraction: one vector a text, of length 1, in the order of a batch", async () => {
  const client = endpoint("/embed");
  const vectors = (await client.featureExtraction({ inputs: TEXTS })) as number[][];
  expect(vectors).toEqual(await answer("/embed", { inputs: TEXTS }));
  expect(vectors.map((vector) => vector.length)).toEqual([16, 16, 16]);
  for (const vector of vectors) expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
  const [single] = (await client.featureExtraction({ inputs: TEXTS[0]! })) as number[][];
  for (const [axis, value] of single!.entries()) expect(value).toBeCloseTo(vectors[0]![axis]!, 5);
  const [raw] = (await client.featureExtraction({ inputs: TEXTS[0]!, normalize: false })) as number[][];
  expect(Math.hypot(...raw!)).not.toBeCloseTo(1, 2);
});

test("feature extraction: a long text is refused, or cut where the client says so", async () => {
  const inputs = "cough ".repeat(50);
  const error = await failure(endpoint("/embed").featureExtraction({ inputs }));
  expect(error.httpResponse).toMatchObject({ status: 422 });
  const [cut] = (await endpoint("/embed").featureExtraction({ inputs, truncate: true })) as number[][];
  expect(cut).toHaveLength(16);
});

test("masks, entities and classes come in the shapes that the client checks", async () => {
  const masked = "patient denies [MASK] pain";
  const filled = await endpoint("/fill-mask").fillMask({ inputs: masked });
  expect(filled).toEqual(await answer("/fill-mask", { inputs: masked }));
  expect(filled[0]!.token_str).not.toBe("");
  const note = "patient denies chest pain , fever and tachycardia .";
  const entities = await endpoint("/token-classification").tokenClassification({ inputs: note });
  expect(entities.length).toBeGreaterThan(0);
  for (const { start, end } of entities) expect(note.slice(start, end).trim()).not.toBe("");
  const classes = await endpoint("/text-classification").textClassification({ inputs: note });
  expect(classes.flat().map(({ score }) => score)).toSatisfy(
    (scores: number[]) => Math.abs(scores.reduce((sum, score) => sum + score, 0) - 1) < 1e-5,
  );
});

test("refusals are the client's own errors, with status and body", async () => {
  const refused = async (body: object, key = KEY) =>
    (await failure(endpoint("/embed", key).featureExtraction(body as { inputs: string }))).httpResponse;
  expect(await refused({ inputs: [] })).toMatchObject({ status: 400, body: { code: "SERVER_EMPTY" } });
  expect(await refused({ inputs: "x" }, "another-key-of-sixteen")).toMatchObject({
    status: 401,
    body: { code: "SERVER_UNAUTHORIZED" },
  });
  expect(await refused({ inputs: new Array(9).fill("x") })).toMatchObject({
    status: 413,
    body: { code: "SERVER_TOO_LARGE" },
  });
  expect(await refused({ inputs: 7 })).toMatchObject({ status: 422, body: { code: "SERVER_REQUEST" } });
});

// Last in the file: it uses up what the key may ask.
test("a key over its limit gets 429", async () => {
  let status = 200;
  for (let sent = 0; sent < 80 && status === 200; sent++)
    await endpoint("/embed")
      .featureExtraction({ inputs: "x" })
      .catch((error: InferenceClientProviderApiError) => {
        status = error.httpResponse.status;
      });
  expect(status).toBe(429);
});
