/** Clients that ask for a large file and do not take it: they are closed, and never keep the server from stopping. */
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openSafetensors, writeSafetensors } from "../../src/checkpoint/index.js";
import { Tensor } from "../../src/graph/index.js";
import { get, MODELS, startTestServer, type TestServer } from "./serve.js";

/** More than the buffers of both ends of a connection hold. */
const BYTES = 48_000_000;
const SEND_MS = 2000;

let folder: string;
let model: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "slow-"));
  model = join(folder, "model");
  await cp(MODELS.masks, model, { recursive: true });
  const source = await openSafetensors(join(MODELS.masks, "model.safetensors"));
  const tensors = new Map<string, Tensor>();
  for (const { name } of source.tensors) tensors.set(name, await source.read(name));
  await source.close();
  tensors.set("of.nobody", new Tensor("float32", new Float32Array(BYTES / 4), [BYTES / 4]));
  await writeSafetensors(join(model, "model.safetensors"), tensors);
  await mkdir(join(folder, "page"));
  await writeFile(join(folder, "page", "index.html"), "<!doctype html>");
  await writeFile(join(folder, "page", "asset.bin"), new Uint8Array(BYTES));
}, 60_000);
afterAll(() => rm(folder, { recursive: true }));

const start = (requestMs = 120_000): Promise<TestServer> =>
  startTestServer({
    models: [{ id: "big", source: model }],
    page: join(folder, "page"),
    limits: { sendMs: SEND_MS, requestMs },
  });

/** Asks for a file; the socket is paused until the caller reads. */
async function ask(server: TestServer, path: string): Promise<Socket> {
  const socket = connect(server.port, "127.0.0.1");
  socket.on("error", () => undefined);
  socket.pause();
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  await sleep(200);
  return socket;
}

const WEIGHTS = "/models/big/files/model.safetensors";
const ended = (server: TestServer): string[] =>
  server
    .log()
    .split("\n")
    .filter((line) => line.includes('"ABORTED"'))
    .map((line) => (JSON.parse(line) as { route: string }).route);

describe("a client that does not read", () => {
  test("is closed after a while, whatever it asked for, and others are served meanwhile", async () => {
    const server = await start();
    const sockets = [await ask(server, WEIGHTS), await ask(server, "/asset.bin")];
    expect((await get(`${server.url}/health`)).status).toBe(200);
    await expect.poll(() => ended(server), { timeout: 20 * SEND_MS }).toHaveLength(2);
    for (const socket of sockets) socket.destroy();
    await server.stop();
  });

  test("does not keep the server from stopping", async () => {
    const server = await start();
    const sockets = [await ask(server, WEIGHTS), await ask(server, "/asset.bin")];
    const before = performance.now();
    await server.stop();
    expect(performance.now() - before).toBeLessThan(20 * SEND_MS);
    for (const socket of sockets) socket.destroy();
  });
});

/** Takes `share` of the file at a time, with a rest of `restMs` between; tells how much it has. */
function takeSlowly(socket: Socket, share: number, restMs: number): () => number {
  let taken = 0;
  let next = share * BYTES;
  socket.on("data", (chunk) => {
    taken += chunk.length;
    if (taken < next) return;
    next = taken + share * BYTES;
    socket.pause();
    setTimeout(() => socket.resume(), restMs);
  });
  socket.resume();
  return () => taken;
}

test("a client that reads slowly gets the whole file", async () => {
  const server = await start();
  const socket = await ask(server, WEIGHTS);
  const before = performance.now();
  const taken = takeSlowly(socket, 1 / 6, 0.4 * SEND_MS);
  await expect.poll(taken, { timeout: 60_000 }).toBeGreaterThan(BYTES);
  expect(performance.now() - before).toBeGreaterThan(1.5 * SEND_MS);
  socket.destroy();
  await server.stop();
}, 90_000);

test("a client that reads slowly is closed when the time of a request is over after the signal", async () => {
  const server = await start(2 * SEND_MS);
  const socket = await ask(server, WEIGHTS);
  const taken = takeSlowly(socket, 1 / 300, 100);
  const before = performance.now();
  await server.stop();
  const milliseconds = performance.now() - before;
  expect(milliseconds).toBeGreaterThan(1.8 * SEND_MS);
  expect(milliseconds).toBeLessThan(10 * SEND_MS);
  expect(taken()).toBeLessThan(BYTES);
  socket.destroy();
}, 90_000);
