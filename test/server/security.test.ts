/** Who may call the server, and what a browser is told. */
import { mkdtemp, readFile, rm, stat, writeFile, mkdir } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseKeys } from "../../src/server/keys.js";
import { runCli } from "../cli/run-cli.js";
import { get, MODELS, post, startTestServer, type TestServer } from "./serve.js";

const KEY = "correct-horse-battery";
let folder: string;
let server: TestServer;
let guarded: TestServer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "serve-"));
  await mkdir(join(folder, "page", "assets"), { recursive: true });
  await writeFile(join(folder, "page", "index.html"), "<!doctype html><title>page</title>");
  await writeFile(join(folder, "page", "assets", "page.js"), "export {};");
  await writeFile(join(folder, "secret.txt"), "not to be served");
  server = await startTestServer({ page: join(folder, "page"), allowedOrigins: ["https://ehr.example"] });
  guarded = await startTestServer({
    keys: parseKeys(`ward:${KEY}`, "test"),
    page: join(folder, "page"),
    auditLog: join(folder, "audit.jsonl"),
  });
}, 60_000);
afterAll(async () => {
  await server.stop();
  await guarded.stop();
  await rm(folder, { recursive: true });
});

/** With headers that fetch does not let a program set. */
function raw(port: number, path: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    request({ port, path, headers, host: "127.0.0.1" }, (response) => {
      response.resume();
      resolve(response.statusCode!);
    })
      .on("error", reject)
      .end();
  });
}

describe("Host and Origin", () => {
  test.each([
    ["localhost", 200],
    ["LOCALHOST:1234", 200],
    ["127.0.0.1:80", 200],
    ["[::1]:8080", 200],
    ["evil.example", 403],
    ["localhost.evil.example", 403],
    ["localhost@evil.example", 403],
    ["127.0.0.1.nip.io", 403],
    ["10.0.0.1", 403],
  ])("Host %j: %i", async (host, status) => {
    expect(await raw(server.port, "/health", { host })).toBe(status);
  });

  test.each([
    ["its own", (own: string) => own, 200],
    ["null", () => "null", 403],
    ["another", () => "https://evil.example", 403],
    ["its own name on another port", () => "http://127.0.0.1:1", 403],
    ["one allowed by name", () => "https://ehr.example", 200],
  ])("Origin %s", async (_name, origin, status) => {
    const answer = await post(`${server.url}/embed`, { inputs: "x" }, { origin: origin(server.url) });
    expect(answer.status).toBe(status);
    const allowed = answer.headers.get("access-control-allow-origin");
    expect(allowed).toBe(origin("") === "https://ehr.example" ? "https://ehr.example" : null);
  });

  test("a preflight of a page that is not allowed gets no permission", async () => {
    const preflight = (origin: string) =>
      fetch(`${server.url}/embed`, {
        method: "OPTIONS",
        headers: { origin, "access-control-request-method": "POST" },
      });
    expect((await preflight("https://evil.example")).status).toBe(403);
    const allowed = await preflight("https://ehr.example");
    expect([allowed.status, allowed.headers.get("access-control-allow-origin")]).toEqual([
      204,
      "https://ehr.example",
    ]);
  });

  test("a form of another page cannot post: only JSON is taken", async () => {
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
      expect((await post(`${server.url}/embed`, '{"inputs":"x"}', { "content-type": type })).status).toBe(
        415,
      );
  });
});

describe("keys", () => {
  test.each(["/models", "/metrics", "/v1/models", "/info", "/models/masks/files/vocab.txt"])(
    "%s needs one",
    async (route) => {
      expect((await get(guarded.url + route)).status).toBe(401);
      const wrong = await get(guarded.url + route, { authorization: `Bearer ${KEY}x` });
      expect(wrong.status).toBe(401);
      expect(wrong.headers.get("www-authenticate")).toBe("Bearer");
      expect((await get(guarded.url + route, { authorization: `Bearer ${KEY}` })).status).toBe(200);
      expect((await get(guarded.url + route, { "x-api-key": KEY })).status).toBe(200);
    },
  );

  test.each(["/health", "/openapi.json", "/reference", "/", "/assets/page.js"])(
    "%s has nothing to guard",
    async (route) => {
      expect((await get(guarded.url + route)).status).toBe(200);
    },
  );

  test("the audit log names key, route, model and sizes; it is its owner's only", async () => {
    const answer = await post(
      `${guarded.url}/embed`,
      { inputs: ["patient denies pain", "x"] },
      { authorization: `Bearer ${KEY}` },
    );
    const path = join(folder, "audit.jsonl");
    const id = answer.headers.get("x-request-id")!;
    let line: string | undefined;
    while (line === undefined)
      line = (await readFile(path, "utf8")).split("\n").find((each) => each.includes(id));
    expect(JSON.parse(line)).toMatchObject({
      key: "ward",
      route: "/embed",
      method: "POST",
      status: 200,
      model: "masks",
      model_sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      inputs: 2,
      tokens: 5 + 3,
      error: null,
      time: expect.stringMatching(/^\d{4}-/),
    });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readFile(path, "utf8")).not.toContain(KEY);
    expect(guarded.log()).not.toContain(KEY);
  });

  test("an address that others reach needs a key, or --insecure", async () => {
    await expect(startTestServer({ host: "0.0.0.0" })).rejects.toMatchObject({ code: "SERVER_EXPOSED" });
    const open = await startTestServer({ host: "0.0.0.0", insecure: true });
    expect((await get(`http://127.0.0.1:${open.port}/health`)).status).toBe(200);
    expect(await raw(open.port, "/health", { host: "evil.example" })).toBe(403);
    await open.stop();
  });

  test("files of keys: too short, doubled, readable by others", async () => {
    const file = join(folder, "keys");
    const serve = () => runCli(["serve", "--model", MODELS.masks, "--port", "0", "--api-key-file", file]);
    for (const [text, mode] of [
      ["ward:short\n", 0o600],
      [`a:${KEY}\na:${KEY}2\n`, 0o600],
      ["# nothing\n", 0o600],
      [`ward:${KEY}\n`, 0o644],
    ] as const) {
      await rm(file, { force: true });
      await writeFile(file, text, { mode });
      const { code, stderr } = await serve();
      expect([code, stderr]).toEqual([1, expect.stringContaining("[SERVER_KEYS]")]);
      expect(stderr).not.toContain(KEY);
    }
  });
});

describe("answers to browsers", () => {
  test.each(["/", "/reference", "/models", "/nowhere", "/assets/page.js"])(
    "%s has strict headers",
    async (route) => {
      const { headers } = await get(server.url + route);
      const policy = headers.get("content-security-policy")!;
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("'wasm-unsafe-eval'");
      expect(policy).not.toContain("unsafe-inline");
      expect(policy).not.toMatch(/https?:/);
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("cross-origin-resource-policy")).toBe("same-origin");
      expect(headers.get("access-control-allow-origin")).toBeNull();
    },
  );

  test("answers are not kept in a cache", async () => {
    expect((await post(`${server.url}/embed`, { inputs: "x" })).headers.get("cache-control")).toBe(
      "no-store",
    );
  });

  test.each([
    "/../secret.txt",
    "/..%2fsecret.txt",
    "/assets/..%2f..%2fsecret.txt",
    "/%2e%2e/secret.txt",
    "/models/masks/files/..%2fvocab.txt",
    "/models/masks/files/pytorch_model.bin",
    "/models/..%2f..%2f/files/vocab.txt",
  ])("%s serves nothing", async (path) => {
    expect(await raw(server.port, path, { host: "localhost" })).toBeGreaterThanOrEqual(400);
  });

  test("the reference names every route and holds no script", async () => {
    const { text } = await get(`${server.url}/reference`);
    for (const route of ["/v1/embeddings", "/embed", "/token-classification", "/sections", "/health"])
      expect(text).toContain(`POST ${route}`.replace("POST /health", "GET /health"));
    expect(text).not.toMatch(/<script|style="|<style/);
  });

  test("the OpenAPI document has every answer route with a request body and errors", async () => {
    const { body } = await get(`${server.url}/openapi.json`);
    const { openapi, paths } = body as {
      openapi: string;
      paths: Record<string, Record<string, { requestBody?: object; responses: Record<string, object> }>>;
    };
    expect(openapi).toBe("3.0.3");
    for (const route of ["/embed", "/predict", "/tokenize", "/v1/embeddings"]) {
      expect(paths[route]!["post"]!.requestBody).toBeDefined();
      expect(Object.keys(paths[route]!["post"]!.responses)).toEqual(
        expect.arrayContaining(["200", "413", "422", "424", "429"]),
      );
    }
  });
});
