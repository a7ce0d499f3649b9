/** More than the server takes, and its end: nothing that was accepted is lost, everything else is refused at once. */
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, test } from "vitest";
import { get, MODELS, post, type ServeProcess, spawnServe, startTestServer } from "./serve.js";

const running: ServeProcess[] = [];
afterAll(() => {
  for (const { child } of running) child.kill("SIGKILL");
});

const TEXTS = Array.from({ length: 40 }, (_, index) => `patient ${index} has fever , cough`);

test("ten times too many: answers and 429 with Retry-After, nothing else", async () => {
  const server = await startTestServer({ limits: { requests: 4 } });
  const answers = await Promise.all(
    Array.from({ length: 120 }, () => post(`${server.url}/embed`, { inputs: TEXTS })),
  );
  const health = await get(`${server.url}/health`);
  await server.stop();
  expect(health.status).toBe(200);
  const statuses = new Set(answers.map(({ status }) => status));
  expect([...statuses].sort()).toEqual([200, 429]);
  for (const { status, headers, body } of answers) {
    if (status === 200) expect(body).toHaveLength(TEXTS.length);
    else {
      expect(body).toMatchObject({ error_type: "Overloaded", code: "SERVER_OVERLOADED" });
      expect(Number(headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    }
  }
});

test("a queue full of tokens refuses more", async () => {
  const server = await startTestServer({ limits: { queuedTokens: 400 } });
  const answers = await Promise.all(
    Array.from({ length: 30 }, () => post(`${server.url}/embed`, { inputs: TEXTS.slice(0, 20) })),
  );
  await server.stop();
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 429]));
});

test("a request that takes too long is given up with 503", async () => {
  const server = await startTestServer({ limits: { requestMs: 1 } });
  const { status, body } = await post(`${server.url}/token-classification`, { inputs: TEXTS.join(" ") });
  const tokenized = await post(`${server.url}/sentences`, { inputs: TEXTS.join(" ").repeat(500) });
  await server.stop();
  expect(tokenized.status).toBe(503);
  expect([status, body]).toEqual([503, expect.objectContaining({ code: "SERVER_TIMEOUT" })]);
});

test("kill -TERM under load: every accepted request is answered, later ones are refused, the exit code is 143", async () => {
  const server = await spawnServe(["--model", `masks=${MODELS.masks}`, "--port", "0", "--threads", "1"]);
  running.push(server);
  expect(server.models).toEqual(["masks"]);
  const outcomes: (number | "refused")[] = [];
  let isOver = false;
  const client = async (): Promise<void> => {
    while (!isOver) {
      const outcome = await post(`${server.url}/embed`, { inputs: TEXTS }).then(
        ({ status }) => status,
        () => "refused" as const,
      );
      outcomes.push(outcome);
      if (outcome !== 200) return;
    }
  };
  const clients = Array.from({ length: 16 }, client);
  while (outcomes.length < 40) await sleep(5);
  server.child.kill("SIGTERM");
  const code = await server.exited;
  isOver = true;
  await Promise.all(clients);
  expect(code).toBe(143);
  for (const outcome of outcomes) expect([200, 503, "refused"]).toContain(outcome);
  // What the server says that it accepted, and what clients have received, agree.
  const log = server
    .stderr()
    .split("\n")
    .filter((line) => line.includes('"route"'))
    .map((line) => JSON.parse(line) as { status: number; error: string | null });
  expect(log.filter(({ status }) => status === 200)).toHaveLength(
    outcomes.filter((outcome) => outcome === 200).length,
  );
  expect(new Set(log.map(({ error }) => error))).not.toContain("ABORTED");
  await expect(get(`${server.url}/health`)).rejects.toThrow();
});

test("a connection on which nothing was asked does not keep the server from stopping", async () => {
  const server = await startTestServer({ models: [{ id: "masks", source: MODELS.masks }] });
  const silent = connect(server.port, "127.0.0.1");
  await once(silent, "connect");
  const closed = once(silent, "close");
  const start = performance.now();
  await server.stop();
  // Node itself gives up on it after twenty seconds, and looks every thirty.
  expect(performance.now() - start).toBeLessThan(10_000);
  await closed;
});

test("a second signal ends the process at once", async () => {
  const server = await spawnServe(["--model", `masks=${MODELS.masks}`, "--port", "0", "--threads", "1"]);
  running.push(server);
  const pending = Array.from({ length: 50 }, () =>
    post(`${server.url}/embed`, { inputs: TEXTS }).catch(() => null),
  );
  await sleep(50);
  server.child.kill("SIGTERM");
  server.child.kill("SIGINT");
  await server.exited;
  await Promise.all(pending);
  expect(["SIGINT", "SIGTERM"]).toContain(server.child.signalCode);
});
