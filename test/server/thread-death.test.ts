/** Threads that die under load: what was in them is answered with an error, they are started anew, the service goes on. */
import { createRequire, syncBuiltinESMExports } from "node:module";
import type { Worker } from "node:worker_threads";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { get, MODELS, post, type Post, startTestServer, type TestServer } from "./serve.js";

const NOTE = "patient zebrafinch has fever , cough and pneumonia";
const TEXTS = Array.from({ length: 20 }, (_, index) => `${NOTE} ${index}`);

/** Every thread that this process has started, by its module, while the tests run. */
const started: { readonly module: string; readonly worker: Worker }[] = [];
const threads = createRequire(import.meta.url)("node:worker_threads") as { Worker: typeof Worker };
const RealWorker = threads.Worker;

beforeAll(() => {
  threads.Worker = class extends RealWorker {
    constructor(...[module, options]: ConstructorParameters<typeof Worker>) {
      super(module, options);
      started.push({ module: String(module), worker: this });
    }
  };
  syncBuiltinESMExports();
});
afterAll(() => {
  threads.Worker = RealWorker;
  syncBuiltinESMExports();
});

const startedOf = (name: string): Worker[] =>
  started.filter(({ module }) => module.endsWith(`/${name}.js`)).map(({ worker }) => worker);

/** A message that is no task: what reads it throws, outside of every task, and the thread dies of it. */
const kill = (worker: Worker): void => worker.postMessage(null);

/** Clients that go on until `isOver`, and what they were answered. */
function load(server: TestServer, clients: number) {
  const answers: Post[] = [];
  let isOver = false;
  const done = Promise.all(
    Array.from({ length: clients }, async () => {
      while (!isOver) answers.push(await post(`${server.url}/embed`, { inputs: TEXTS }));
    }),
  );
  return {
    answers,
    async stop() {
      isOver = true;
      await done;
    },
  };
}

const more = async (answers: readonly Post[], count: number): Promise<void> => {
  const wanted = answers.length + count;
  await vi.waitFor(() => expect(answers.length).toBeGreaterThanOrEqual(wanted), { timeout: 30_000 });
};

for (const name of ["model-thread", "text-thread"])
  test(`a ${name} that dies under load: its requests get 503, another takes its place, no text is told`, async () => {
    started.length = 0;
    const server = await startTestServer({ models: [{ id: "masks", source: MODELS.masks }] });
    const { body: before } = await post(`${server.url}/embed`, { inputs: TEXTS });
    const { answers, stop } = load(server, 8);
    await more(answers, 20);
    kill(startedOf(name)[0]!);
    await more(answers, 60);
    await stop();
    expect(startedOf(name)).toHaveLength(2);

    const failed = answers.filter(({ status }) => status !== 200);
    expect(failed.length).toBeGreaterThan(0);
    expect(failed.length).toBeLessThanOrEqual(8);
    for (const { status, body, headers, text } of failed) {
      expect([status, body]).toMatchObject([503, { code: "WORKER_FAILED", error_type: "Unhealthy" }]);
      expect(Number(headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
      expect(text).not.toContain("zebrafinch");
    }
    expect(answers.at(-1)).toMatchObject({ status: 200, body: before });
    expect((await get(`${server.url}/health`)).status).toBe(200);
    const { text: metrics } = await get(`${server.url}/metrics`);
    expect(metrics).toContain(`clinicalbert_thread_deaths_total{thread="${name.split("-")[0]}"} 1`);
    await server.stop();
    expect(server.log()).toContain('"a thread died"');
    expect(server.log()).not.toContain("zebrafinch");
  });

test("with two workers the other one answers while the dead one is started anew", async () => {
  started.length = 0;
  const models = [{ id: "masks", source: MODELS.masks }];
  const server = await startTestServer({ models, workers: 2, threads: 2 });
  const { answers, stop } = load(server, 8);
  await more(answers, 20);
  kill(startedOf("model-thread")[0]!);
  await more(answers, 40);
  await stop();
  const failed = answers.filter(({ status }) => status !== 200);
  // A batch of a dead thread holds rows of some requests; those of others go on.
  expect(failed.length).toBeLessThan(8);
  expect(startedOf("model-thread")).toHaveLength(3);
  await server.stop();
});

test("a thread that dies again and again ends the server", async () => {
  started.length = 0;
  const server = await startTestServer({ models: [{ id: "masks", source: MODELS.masks }] });
  let reason: unknown = null;
  server.failed.catch((error) => {
    reason = error;
  });
  for (let death = 0; death < 3; death++) {
    await vi.waitFor(
      async () => expect((await post(`${server.url}/embed`, { inputs: "fever" })).status).toBe(200),
      { timeout: 30_000 },
    );
    expect(reason).toBeNull();
    kill(startedOf("model-thread").at(-1)!);
    await vi.waitFor(async () => {
      const { text } = await get(`${server.url}/metrics`);
      expect(text).toContain(`clinicalbert_thread_deaths_total{thread="model"} ${death + 1}`);
    });
  }
  expect(reason).toMatchObject({ code: "WORKER_FAILED" });
  await server.stop();
});
