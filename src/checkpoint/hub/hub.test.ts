import { createHash } from "node:crypto";
import { lstat, mkdir, mkdtemp, readFile, readlink, rm, stat, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fetchModel, hubIdOf } from "./fetch-model.js";

const ID = "emilyalsentzer/Bio_ClinicalBERT";
const COMMIT = "d5892b39a4adaed74b92212a44081509db72f87b";
const WEIGHTS = Buffer.alloc(300_000, "weights, ");
const FILES: Readonly<Record<string, Buffer>> = {
  "config.json": Buffer.from('{"model_type":"bert"}'),
  "vocab.txt": Buffer.from("[PAD]\n[UNK]\n"),
  "pytorch_model.bin": WEIGHTS,
};
const sha256 = createHash("sha256").update(WEIGHTS).digest("hex");

/** What the look-alike does to a GET of the weights, in order; the last one stays. */
type Fault = "none" | "cut" | "503" | "no-range" | "wrong-bytes" | "too-many" | "gzip";

let server: Server;
let cdn: Server;
let cacheDir: string;
let requests: string[];
let faults: Fault[];
let authorizations: { hub: (string | undefined)[]; cdn: (string | undefined)[] };

beforeEach(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), "hub-"));
  requests = [];
  faults = ["none"];
  authorizations = { hub: [], cdn: [] };
  cdn = await listen((request, response) => {
    authorizations.cdn.push(request.headers.authorization);
    sendWeights(request, response);
  });
  server = await listen(answerHub);
});
afterEach(async () => {
  server.close();
  cdn.close();
  await rm(cacheDir, { recursive: true });
});

async function listen(handle: (request: IncomingMessage, response: ServerResponse) => void): Promise<Server> {
  const made = createServer(handle);
  await new Promise<void>((done) => made.listen(0, "127.0.0.1", done));
  return made;
}
const address = (made: Server): string => `http://127.0.0.1:${(made.address() as AddressInfo).port}`;

/** huggingface.co for one model: HEAD with commit and etag, small files directly, large ones from another host. */
function answerHub(request: IncomingMessage, response: ServerResponse): void {
  authorizations.hub.push(request.headers.authorization);
  const [, owner, name, , revision, file] = request.url!.split("/");
  requests.push(`${request.method} ${file}`);
  if (`${owner}/${name}` !== ID || (revision !== "main" && revision !== COMMIT)) {
    response.writeHead(404, { "x-error-code": "RepoNotFound" }).end();
    return;
  }
  const bytes = FILES[file!];
  // Mirrors do not always say why.
  if (file === "added_tokens.json") {
    response.writeHead(404).end();
    return;
  }
  if (bytes === undefined) {
    response.writeHead(404, { "x-error-code": "EntryNotFound", "x-repo-commit": COMMIT }).end();
    return;
  }
  if (bytes === WEIGHTS) {
    const headers = {
      "x-repo-commit": COMMIT,
      "x-linked-etag": `"${sha256}"`,
      "x-linked-size": bytes.length,
    };
    response.writeHead(302, { ...headers, etag: '"redirect"', location: `${address(cdn)}/blob` }).end();
    return;
  }
  const etag = createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
  const zip = faults[0] === "gzip";
  const body = zip ? gzipSync(bytes) : bytes;
  const headers = { "x-repo-commit": COMMIT, etag: `"${etag}"`, "content-length": body.length };
  response.writeHead(200, zip ? { ...headers, "content-encoding": "gzip" } : headers);
  response.end(request.method === "HEAD" ? undefined : body);
}

function sendWeights(request: IncomingMessage, response: ServerResponse): void {
  const fault = faults.length > 1 ? faults.shift()! : faults[0]!;
  const asked = /^bytes=(\d+)-$/.exec(request.headers.range ?? "");
  const start = asked === null || fault === "no-range" ? 0 : Number(asked[1]);
  requests.push(`CDN ${fault} from ${start}`);
  if (fault === "503") {
    response.writeHead(503, { "retry-after": "0" }).end();
    return;
  }
  const body = Buffer.from(WEIGHTS.subarray(start));
  if (fault === "wrong-bytes") body[10]! ^= 1;
  const headers: Record<string, string | number> = { "content-length": body.length };
  if (start > 0) headers["content-range"] = `bytes ${start}-${WEIGHTS.length - 1}/${WEIGHTS.length}`;
  if (fault === "too-many") {
    response.writeHead(200);
    response.end(Buffer.concat([body, body]));
    return;
  }
  if (fault === "gzip") {
    response.writeHead(200, { "content-encoding": "gzip" });
    response.end(gzipSync(WEIGHTS));
    return;
  }
  response.writeHead(start > 0 ? 206 : 200, headers);
  if (fault === "cut")
    response.write(body.subarray(0, 100_000), () => setTimeout(() => response.destroy(), 50));
  else response.end(body);
}

const fetchIt = (more: object = {}) => fetchModel(ID, { cacheDir, endpoint: address(server), ...more });
const root = () => join(cacheDir, "models--emilyalsentzer--Bio_ClinicalBERT");

describe("the hub", () => {
  it("fills the cache in the layout of Python's huggingface_hub", async () => {
    const { folder, weights, commit } = await fetchIt();
    expect(commit).toBe(COMMIT);
    expect(folder).toBe(join(root(), "snapshots", COMMIT));
    expect(await readFile(weights!)).toEqual(WEIGHTS);
    expect((await lstat(weights!)).isSymbolicLink()).toBe(true);
    expect(await readlink(weights!)).toBe(`../../blobs/${sha256}`);
    expect(await readFile(join(root(), "refs", "main"), "utf8")).toBe(COMMIT);
    expect((await stat(join(root(), ".no_exist", COMMIT, "model.safetensors"))).isFile()).toBe(true);
    expect(await readFile(join(folder, "vocab.txt"), "utf8")).toBe("[PAD]\n[UNK]\n");
  });

  it("asks for no bytes twice", async () => {
    await fetchIt();
    requests = [];
    await fetchIt();
    expect(requests.filter((line) => !line.startsWith("HEAD"))).toEqual([]);
    requests = [];
    await fetchIt({ revision: COMMIT });
    expect(requests).toEqual([]);
  });

  it("goes on where a broken connection ended", async () => {
    faults = ["cut", "503", "none"];
    const { weights } = await fetchIt();
    expect(await readFile(weights!)).toEqual(WEIGHTS);
    const gets = requests.filter((line) => line.startsWith("CDN"));
    expect(gets[0]).toBe("CDN cut from 0");
    expect(gets[2]).toMatch(/^CDN none from [1-9]\d*$/);
  });

  it("goes on where a killed process ended", async () => {
    await mkdir(join(root(), "blobs"), { recursive: true });
    await writeFile(join(root(), "blobs", `${sha256}.incomplete`), WEIGHTS.subarray(0, 123_456));
    const { weights } = await fetchIt();
    expect(await readFile(weights!)).toEqual(WEIGHTS);
    expect(requests).toContain("CDN none from 123456");
  });

  it("starts again when the server knows no ranges", async () => {
    faults = ["cut", "no-range"];
    expect(await readFile((await fetchIt()).weights!)).toEqual(WEIGHTS);
  });

  it("takes what a proxy compressed on the way", async () => {
    faults = ["gzip"];
    const { folder, weights } = await fetchIt();
    expect(await readFile(weights!)).toEqual(WEIGHTS);
    expect(await readFile(join(folder, "config.json"))).toEqual(FILES["config.json"]);
  });

  it("throws away damaged bytes and fetches them anew", async () => {
    faults = ["wrong-bytes", "none"];
    expect(await readFile((await fetchIt()).weights!)).toEqual(WEIGHTS);
  });

  it("gives up on bytes that stay wrong, and leaves nothing behind", async () => {
    faults = ["wrong-bytes"];
    await expect(fetchIt()).rejects.toMatchObject({
      code: "HUB_CHECKSUM",
      details: { file: "pytorch_model.bin" },
    });
    await expect(stat(join(root(), "blobs", sha256))).rejects.toThrow();
    await expect(stat(join(root(), "blobs", `${sha256}.incomplete`))).rejects.toThrow();
  });

  it("stops a server that sends more than it announced", async () => {
    faults = ["too-many", "none"];
    expect(await readFile((await fetchIt()).weights!)).toEqual(WEIGHTS);
  });

  it("sends the token to the hub and to nobody else", async () => {
    await fetchIt({ token: "hf_secret" });
    expect(new Set(authorizations.hub)).toEqual(new Set(["Bearer hf_secret"]));
    expect(new Set(authorizations.cdn)).toEqual(new Set([undefined]));
  });

  it("offline: the cache alone, no connection", async () => {
    await expect(fetchIt({ offline: true })).rejects.toMatchObject({ code: "HUB_OFFLINE" });
    expect(requests).toEqual([]);
    await fetchIt();
    requests = [];
    expect((await fetchIt({ offline: true })).commit).toBe(COMMIT);
    expect(requests).toEqual([]);
  });

  it("an unreachable hub is no error while the cache has the model", async () => {
    await fetchIt();
    const gone = { endpoint: "http://127.0.0.1:1" };
    const { weights, notices } = await fetchIt(gone);
    expect(await readFile(weights!)).toEqual(WEIGHTS);
    expect(notices).toHaveLength(1);
    await expect(fetchIt({ ...gone, revision: "v2" })).rejects.toMatchObject({ code: "HUB_UNAVAILABLE" });
  });

  it("says so when model or revision do not exist", async () => {
    await expect(fetchIt({ revision: "nope" })).rejects.toMatchObject({ code: "HUB_NOT_FOUND" });
    await expect(fetchIt({ revision: "../../x" })).rejects.toMatchObject({ code: "USAGE" });
  });

  it("can be stopped", async () => {
    const stop = new AbortController();
    const onProgress = (file: string): void => {
      if (file === "pytorch_model.bin") stop.abort(new Error("stopped"));
    };
    await expect(fetchIt({ signal: stop.signal, onProgress })).rejects.toThrow("stopped");
    expect((await stat(join(root(), "blobs", `${sha256}.incomplete`))).size).toBeGreaterThan(0);
    expect(await readFile((await fetchIt()).weights!)).toEqual(WEIGHTS);
  });

  it.each([
    ["bert-base-cased", "bert-base-cased"],
    [ID, ID],
    [`hub:${ID}`, ID],
    ["hub:nowhere", "nowhere"],
    ["nowhere", null],
    ["hub:", null],
    ["hub:../x", null],
    ["../x", null],
    ["/a/b", null],
    ["a/b/c", null],
    ["a--b/c", null],
    ["model/pytorch_model.bin", null],
    ["biobert.tar.gz", null],
  ])("%s means the id %s", (text, expected) => expect(hubIdOf(text)).toBe(expected));
});
