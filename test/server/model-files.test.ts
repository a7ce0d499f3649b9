/** What a browser fetches to run a model itself: the weights as safetensors, whatever the server has loaded them from. */
import { copyFile, cp, mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openModel } from "../../src/checkpoint/index.js";
import { readSafetensors } from "../../src/checkpoint/safetensors/reader.js";
import type { ModelInfo, ModelList } from "../../src/server/api.js";
import { memorySource } from "../../src/util/byte-source.js";
import { runCli } from "../cli/run-cli.js";
import { get, MODELS, startTestServer, type TestServer } from "./serve.js";

let folder: string;
let server: TestServer;
let infos: Map<string, ModelInfo>;
const sources: Record<string, string> = {};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "clinicalbert-files-"));
  for (const name of ["legacy", "google"]) {
    await mkdir(join(folder, name));
    for (const file of ["config.json", "vocab.txt", "tokenizer_config.json"])
      await copyFile(join(MODELS.masks, file), join(folder, name, file));
  }
  sources["safetensors"] = MODELS.masks;
  sources["legacy"] = join(folder, "legacy");
  await copyFile(join(MODELS.masks, "legacy.bin"), join(folder, "legacy", "pytorch_model.bin"));
  // Weights that nobody asked for, beside those that were.
  sources["named"] = join(folder, "named", "zip.bin");
  await cp(MODELS.masks, join(folder, "named"), { recursive: true });
  await cp(join(MODELS.ner, "model.safetensors"), join(folder, "named", "model.safetensors"));
  sources["google"] = join(folder, "google", "model.ckpt-1");
  await runCli(["convert", MODELS.masks, sources["google"], "--to", "tensorflow"]);
  await rename(join(folder, "google", "config.json"), join(folder, "google", "bert_config.json"));
  const models = Object.entries(sources).map(([id, source]) => ({ id, source }));
  server = await startTestServer({ models });
  const { body } = await get(`${server.url}/models`);
  infos = new Map((body as ModelList).models.map((info) => [info.id, info]));
}, 60_000);
afterAll(async () => {
  await server?.stop();
  await rm(folder, { recursive: true });
});

const fetchFile = (id: string, file: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${server.url}/models/${id}/files/${file}`, { headers });

test.each(["safetensors", "legacy", "named", "google"])(
  "weights of the model %s come as safetensors, every number as the server has it",
  async (id) => {
    const response = await fetchFile(id, "model.safetensors");
    const bytes = new Uint8Array(await response.arrayBuffer());
    expect(Number(response.headers.get("content-length"))).toBe(bytes.length);
    expect(infos.get(id)!.files["model.safetensors"]).toBe(bytes.length);
    const sent = await readSafetensors(memorySource(bytes, id));
    const model = await openModel(sources[id]!);
    const heads = [...model.heads];
    expect(heads).toContain("masked-lm");
    for (const [name, { data, dims }] of await model.readParameters(heads)) {
      const tensor = await sent.read(name);
      expect([name, tensor.dims, tensor.data]).toEqual([name, dims, data]);
    }
    await model.close();
  },
);

test("the configuration is called config.json, whatever it was called", async () => {
  const google = await (await fetchFile("google", "config.json")).json();
  expect(google).toEqual(await (await fetchFile("legacy", "config.json")).json());
});

test("a file that a client has already is not sent again; another one has another tag", async () => {
  const tags = new Set<string>();
  for (const file of Object.keys(infos.get("legacy")!.files)) {
    const response = await fetchFile("legacy", file);
    const etag = response.headers.get("etag")!;
    await response.arrayBuffer();
    tags.add(etag);
    const again = await fetchFile("legacy", file, { "if-none-match": etag });
    expect([again.status, (await again.arrayBuffer()).byteLength]).toEqual([304, 0]);
  }
  expect(tags.size).toBe(Object.keys(infos.get("legacy")!.files).length);
});

test("the revision is another one when a file beside equal weights is", async () => {
  const changed = join(folder, "changed");
  await cp(sources["legacy"]!, changed, { recursive: true });
  await writeFile(join(changed, "tokenizer_config.json"), '{"do_lower_case":false}');
  const other = await startTestServer({ models: [{ id: "changed", source: changed }] });
  const { body } = await get(`${other.url}/models`);
  await other.stop();
  const [info] = (body as ModelList).models;
  expect(info!.sha256).toBe(infos.get("legacy")!.sha256);
  expect(info!.revision).not.toBe(infos.get("legacy")!.revision);
});

test("clients that go away in the middle harm nobody after them", async () => {
  for (let round = 0; round < 20; round++) {
    const abort = new AbortController();
    const response = await fetch(`${server.url}/models/legacy/files/model.safetensors`, {
      signal: abort.signal,
    });
    abort.abort();
    await response.arrayBuffer().catch(() => null);
  }
  const response = await fetchFile("legacy", "model.safetensors");
  expect((await response.arrayBuffer()).byteLength).toBe(infos.get("legacy")!.files["model.safetensors"]);
});
