/** Requests that are too large, too slow, broken, given up or malicious; and what is left of their text in the server. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { get, post, startTestServer, type TestServer } from "./serve.js";

/** Stands in every text that this file sends. */
const MARK = "Zebedee";
let folder: string;
let server: TestServer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "serve-"));
  server = await startTestServer({
    auditLog: join(folder, "audit.jsonl"),
    limits: { bodyBytes: 1_200_000, inputs: 8, requestTokens: 20_000, receiveMs: 1000 },
  });
}, 60_000);
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});

/** Everything that error answers have said. */
let said = "";
async function refused(route: string, body: unknown, headers = {}): Promise<readonly [number, string]> {
  const answer = await post(server.url + route, body, headers);
  said += answer.text;
  const { code, error } = answer.body as { code?: string; error: string | { message: string } };
  expect(typeof error === "string" ? error : error.message).not.toBe("");
  return [answer.status, code ?? ""];
}

/** Bytes as they are, to the end of the connection. */
function speak(bytes: string, { hangUp = false } = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(server.port, "127.0.0.1", () => {
      socket.write(bytes);
      if (hangUp) setTimeout(() => socket.destroy(), 20);
    });
    let answer = "";
    socket.on("data", (chunk) => {
      answer += chunk;
    });
    socket.on("close", () => resolve(answer));
    socket.on("error", reject);
  });
}

describe("refusals, in the shape of text-embeddings-inference", () => {
  test.each([
    ["no JSON", "/embed", `{"inputs": "${MARK}`, 422, "SERVER_REQUEST"],
    ["an empty body", "/embed", "", 400, "SERVER_EMPTY"],
    ["another type", "/embed", { inputs: { [MARK]: 1 } }, 422, "SERVER_REQUEST"],
    ["an unknown property", "/sections", { inputs: "x", [MARK]: 1 }, 422, "SERVER_REQUEST"],
    ["a number", "/embed", 5, 422, "SERVER_REQUEST"],
    ["no inputs", "/embed", { inputs: [] }, 400, "SERVER_EMPTY"],
    ["too many inputs", "/embed", { inputs: new Array(9).fill(MARK) }, 413, "SERVER_TOO_LARGE"],
    ["too many bytes", "/embed", { inputs: MARK.repeat(200_000) }, 413, "SERVER_TOO_LARGE"],
    [
      "too many tokens",
      "/token-classification",
      { inputs: `${MARK}. `.repeat(15_000) },
      413,
      "SERVER_TOO_LARGE",
    ],
    ["too many tokens to list", "/tokenize", { inputs: `${MARK}. `.repeat(15_000) }, 413, "SERVER_TOO_LARGE"],
    ["too long for the model", "/embed", { inputs: `${MARK} `.repeat(40) }, 422, "SERVER_INPUT_TOO_LONG"],
    ["an id beyond the vocabulary", "/embed", { inputs: [2, 99_999, 3] }, 422, "VOCABULARY_INVALID"],
    ["no mask", "/fill-mask", { inputs: `${MARK} is well` }, 422, "PIPELINE_INPUT"],
    ["three texts for a pair", "/predict", { inputs: [MARK, MARK, MARK] }, 422, "SERVER_REQUEST"],
    ["an unknown model", "/embed", { inputs: "x", model: MARK }, 404, "SERVER_NO_MODEL"],
    ["a model without the head", "/fill-mask", { inputs: "x", model: "ner" }, 424, "SERVER_NO_TASK"],
    ["a layer too many", "/attention", { inputs: MARK, layer: 2, head: 0 }, 422, "SERVER_REQUEST"],
    ["a prototype", "/embed", `{"inputs":"x","__proto__":{"${MARK}":1}}`, 422, "SERVER_REQUEST"],
    [
      "an unknown strategy",
      "/token-classification",
      { inputs: MARK, parameters: { aggregation_strategy: MARK } },
      422,
      "SERVER_REQUEST",
    ],
    ["no such route", `/${MARK}?note=${MARK}`, { inputs: MARK }, 404, "SERVER_NOT_FOUND"],
    ["a path that is no URL", `/%ff${MARK}`, { inputs: MARK }, 422, "SERVER_REQUEST"],
  ])("%s", async (_name, route, body, status, code) => {
    expect(await refused(route, body)).toEqual([status, code]);
  });

  test("bytes that are no UTF-8 are refused: they would move every offset", async () => {
    const body = Buffer.concat([Buffer.from(`{"inputs":"${MARK} `), Buffer.from([0xff]), Buffer.from('"}')]);
    const response = await fetch(`${server.url}/embed`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    });
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([
      422,
      "SERVER_REQUEST",
    ]);
  });

  test("a method that the route does not have gets 405 with those that it has", async () => {
    for (const [method, route, allow] of [
      ["GET", "/embed", "POST"],
      ["PUT", "/models/masks/files/vocab.txt", "GET, HEAD"],
      ["DELETE", "/health", "GET, HEAD"],
      ["QUERY", "/models", "GET, HEAD"],
    ] as const) {
      const { status, headers } = await fetch(server.url + route, { method });
      expect([status, headers.get("allow")]).toEqual([405, allow]);
    }
  });

  test("JSON nested a hundred thousand deep is refused, and the server goes on", async () => {
    expect(await refused("/embed", `{"inputs":${"[".repeat(100_000)}${"]".repeat(100_000)}}`)).toEqual([
      422,
      "SERVER_REQUEST",
    ]);
  });
});

describe("texts of every kind are answered", () => {
  test.each([
    ["empty", ""],
    ["NUL and controls", `${MARK}\0\u0001\u007f\u0085`],
    ["right-to-left marks", `\u202e${MARK}\u2066\u200f`],
    ["lone surrogates", `\ud800${MARK}\udfff`],
    ["markup", `<script>alert("${MARK}")</script>`],
    ["one long word", MARK.repeat(5000)],
    ["white space only", " \n\t\u3000"],
  ])("%s", async (_name, text) => {
    for (const route of ["/tokenize", "/sections", "/sentences", "/token-classification"])
      expect((await post(server.url + route, { inputs: text })).status).toBe(200);
    expect((await post(`${server.url}/embed`, { inputs: text, truncate: true })).status).toBe(200);
  });

  test("one line of a megabyte: other requests are answered meanwhile", async () => {
    const line = `${MARK} denies chest pain `.repeat(45_000);
    const long = post(`${server.url}/sentences`, { inputs: line });
    let answered = 0;
    let isOver = false;
    void long.then(() => {
      isOver = true;
    });
    while (!isOver) {
      expect((await get(`${server.url}/health`)).status).toBe(200);
      answered += 1;
    }
    expect((await long).status).toBe(200);
    expect(answered).toBeGreaterThan(1);
  });
});

describe("connections", () => {
  const head = (length: number) =>
    `POST /embed HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;

  test("bytes that are no HTTP get 400 and nothing else", async () => {
    const answer = await speak(`${MARK} ${MARK}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    said += answer;
  });

  test("a body that does not come is given up", async () => {
    const answer = await speak(`${head(500)}{"inputs":"${MARK}`);
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  });

  test("clients that go away leave nothing behind", async () => {
    const body = JSON.stringify({ inputs: new Array(8).fill(`${MARK} has a fever`) });
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        speak(head(body.length) + (index % 2 === 0 ? body : body.slice(0, 30)), { hangUp: true }),
      ),
    );
    const gauges = /clinicalbert_open_requests (\d+).*clinicalbert_queue_tokens (\d+)/s;
    let open: string[] = [];
    while (open.join() !== "0,0")
      open = (gauges.exec((await get(`${server.url}/metrics`)).text) ?? []).slice(1);
    expect((await post(`${server.url}/embed`, { inputs: "cough" })).status).toBe(200);
  });
});

// Last in the file: what all of the above has left.
describe("the text of notes", () => {
  test("stands in no log line, no metric, no audit record and no error", async () => {
    const metrics = (await get(`${server.url}/metrics`)).text;
    const audit = await readFile(join(folder, "audit.jsonl"), "utf8");
    for (const kept of [server.log(), metrics, audit, said]) {
      expect(kept.length).toBeGreaterThan(500);
      expect(kept.toLowerCase()).not.toContain(MARK.toLowerCase());
    }
    expect(audit).not.toMatch(/fever|chest/);
    expect(server.log()).not.toContain("INTERNAL");
    expect(server.log()).toContain("SERVER_TOO_LARGE");
  });
});
