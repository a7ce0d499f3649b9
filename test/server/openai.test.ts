/** OpenAI's own client library against the server. */
import OpenAI, {
  type APIError,
  AuthenticationError,
  BadRequestError,
  NotFoundError,
  RateLimitError,
} from "openai";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseKeys } from "../../src/server/keys.js";
import { rejection, startTestServer, type TestServer } from "./serve.js";

const KEY = "a-key-of-more-than-sixteen";
let server: TestServer;
let client: OpenAI;
const clientWith = (apiKey: string): OpenAI =>
  new OpenAI({ apiKey, baseURL: `${server.url}/v1`, maxRetries: 0 });
beforeAll(async () => {
  server = await startTestServer({
    keys: parseKeys(`ward:${KEY}`, "test"),
    limits: { requestsPerMinute: 60 },
  });
  client = clientWith(KEY);
}, 60_000);
afterAll(() => server.stop());

/** The error that `promise` rejects with, which must be the client's own of the given class. */
async function failure(
  promise: Promise<unknown>,
  kind: abstract new (...args: never[]) => APIError = BadRequestError,
): Promise<APIError> {
  const error = await rejection(promise);
  expect(error).toBeInstanceOf(kind);
  return error as APIError;
}

test("embeddings: texts, tokens, float and base64, dimensions, usage", async () => {
  const input = ["patient denies chest pain", "mild cough"];
  // The client asks for base64 by itself and decodes it.
  const decoded = await client.embeddings.create({ model: "masks", input });
  const float = await client.embeddings.create({ model: "masks", input, encoding_format: "float" });
  expect(decoded.object).toBe("list");
  expect(decoded.model).toBe("masks");
  expect(decoded.usage).toEqual({ prompt_tokens: 6 + 4, total_tokens: 10 });
  expect(decoded.data.map(({ index, object }) => [index, object])).toEqual([
    [0, "embedding"],
    [1, "embedding"],
  ]);
  for (const [index, { embedding }] of decoded.data.entries()) {
    expect(embedding).toHaveLength(16);
    for (const [axis, value] of embedding.entries())
      expect(value).toBeCloseTo(float.data[index]!.embedding[axis]!, 5);
    expect(Math.hypot(...embedding)).toBeCloseTo(1, 5);
  }
  const tokens = await client.embeddings.create({ model: "masks", input: [2, 5, 6, 7, 8, 3] });
  for (const [axis, value] of tokens.data[0]!.embedding.entries())
    expect(value).toBeCloseTo(decoded.data[0]!.embedding[axis]!, 5);
  const lists = await client.embeddings.create({
    model: "masks",
    input: [
      [2, 5, 3],
      [2, 6, 3],
    ],
  });
  expect(lists.data).toHaveLength(2);
  const short = await client.embeddings.create({ model: "masks", input: "mild cough", dimensions: 5 });
  expect(short.data[0]!.embedding).toHaveLength(5);
});

test("models: list and retrieve", async () => {
  const ids: string[] = [];
  for await (const model of client.models.list()) ids.push(model.id);
  expect(ids).toEqual(["masks", "ner", "nli"]);
  expect(await client.models.retrieve("ner")).toMatchObject({ id: "ner", object: "model" });
});

test("errors have OpenAI's statuses, types and codes", async () => {
  const create = (body: Partial<OpenAI.EmbeddingCreateParams>) =>
    client.embeddings.create({ model: "masks", input: "x", ...body });
  expect(await failure(create({ model: "gpt-9" }), NotFoundError)).toMatchObject({
    status: 404,
    code: "model_not_found",
    param: "model",
  });
  expect(await failure(create({ input: [] }))).toMatchObject({ status: 400, type: "invalid_request_error" });
  expect(await failure(create({ input: "cough ".repeat(50) }))).toMatchObject({
    status: 400,
    code: "context_length_exceeded",
  });
  expect(await failure(create({ input: [[1, 2, 63_000]] }))).toMatchObject({ status: 400 });
  expect(await failure(create({ input: 7 as never }))).toMatchObject({ status: 400, param: "input" });
  expect(await failure(create({ encoding_format: "hex" as never }))).toMatchObject({ status: 400 });
  expect(await failure(create({ dimensions: 17 }))).toMatchObject({ status: 400 });
  const wrongKey = clientWith("another-key-of-sixteen").models.list();
  expect(await failure(wrongKey, AuthenticationError)).toMatchObject({
    status: 401,
    code: "invalid_api_key",
  });
});

test("a key over its limit gets a RateLimitError with Retry-After", async () => {
  let limited: APIError | null = null;
  for (let sent = 0; sent < 80 && limited === null; sent++)
    await client.embeddings.create({ model: "masks", input: "x" }).catch((error: APIError) => {
      limited = error;
    });
  expect(limited).toBeInstanceOf(RateLimitError);
  expect(limited).toMatchObject({ status: 429, code: "rate_limit_exceeded" });
  expect(Number(limited!.headers!.get("retry-after"))).toBeGreaterThan(0);
});
