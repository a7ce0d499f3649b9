import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, expect, test } from "vitest";
import { startWorkerPool } from "./worker-pool.js";

const folder = mkdtempSync(join(tmpdir(), "worker-pool-"));
afterAll(() => rmSync(folder, { recursive: true }));

interface Task {
  readonly kind: string;
  readonly value: number;
}

const built = new URL("../../dist/", import.meta.url);
const workerFile = join(folder, "worker.mjs");
writeFileSync(
  workerFile,
  `import { serveTasks, Transferred } from ${JSON.stringify(new URL("util/worker-task.js", built).href)};
import { ClinicalBertError } from ${JSON.stringify(new URL("errors.js", built).href)};
serveTasks((data) => async ({ kind, value }) => {
  switch (kind) {
    case "square": await new Promise((done) => setTimeout(done, (7 * value) % 11)); return value * value + (data?.add ?? 0);
    case "known": throw new ClinicalBertError("DISK_FULL", "No room for x.", { details: { at: value } });
    case "foreign": throw new TypeError("patient John Doe");
    case "exit": process.exit(3);
    case "uncaught": setTimeout(() => { throw new Error("patient John Doe"); }, 1); return new Promise(() => {});
    case "hang": for (;;);
    case "buffer": { const bytes = new Uint8Array(value).fill(7); return new Transferred(bytes, [bytes.buffer]); }
  }
});
`,
);

function startPool(options = {}) {
  return startWorkerPool<Task, number>(pathToFileURL(workerFile), { threads: 2, ...options });
}

function tasks(count: number, kind = "square"): Task[] {
  return Array.from({ length: count }, (_, value) => ({ kind, value }));
}

test("map gives results in the order of the inputs and passes the pool's data", async () => {
  const pool = startPool({ data: { add: 100 } });
  const results: number[] = [];
  for await (const result of pool.map(tasks(50))) results.push(result);
  expect(results).toEqual(tasks(50).map(({ value }) => value * value + 100));
  await pool.close();
});

test("map reads ahead no further than two tasks a thread", async () => {
  const pool = startPool();
  let read = 0;
  let taken = 0;
  let most = 0;
  function* inputs() {
    for (const task of tasks(40)) {
      most = Math.max(most, ++read - taken);
      yield task;
    }
  }
  for await (const _ of pool.map(inputs())) taken++;
  expect(taken).toBe(40);
  expect(most).toBeLessThanOrEqual(5);
  await pool.close();
});

test("an error keeps its code, details and remedy; a foreign one loses its message, not its kind", async () => {
  const pool = startPool();
  await expect(pool.run({ kind: "known", value: 9 })).rejects.toMatchObject({
    name: "ClinicalBertError",
    code: "DISK_FULL",
    details: { at: 9 },
    message: expect.stringMatching(/^No room for x\. Free space/),
  });
  const foreign = await pool.run({ kind: "foreign", value: 0 }).catch((error: Error) => error as Error);
  expect(foreign).toMatchObject({ code: "INTERNAL", message: expect.stringContaining("TypeError") });
  expect(`${(foreign as Error).message}${(foreign as Error).stack}`).not.toContain("John");
  expect((foreign as Error).stack).toContain("worker.mjs");
  expect(await pool.run({ kind: "square", value: 3 })).toBe(9);
  await pool.close();
});

test.each(["exit", "uncaught"])(
  "a worker that dies (%s) rejects its task and every later one",
  async (kind) => {
    const pool = startPool({ threads: 1 });
    const failure = await pool.run({ kind, value: 0 }).catch((error: Error) => error as Error);
    expect(failure).toMatchObject({ code: "WORKER_FAILED" });
    expect((failure as Error).message).not.toContain("John");
    await expect(pool.run({ kind: "square", value: 1 })).rejects.toMatchObject({ code: "WORKER_FAILED" });
  },
);

test("an abort is heard although every thread is in an endless loop", async () => {
  const stop = new AbortController();
  const pool = startPool({ signal: stop.signal });
  const both = Promise.allSettled([
    pool.run({ kind: "hang", value: 0 }),
    pool.run({ kind: "hang", value: 1 }),
  ]);
  setTimeout(() => stop.abort(new Error("stopped")), 50);
  expect((await both).map((each) => each.status === "rejected" && each.reason.message)).toEqual([
    "stopped",
    "stopped",
  ]);
  await expect(pool.run({ kind: "square", value: 1 })).rejects.toThrow("stopped");
});

test("closing rejects what is open, and a map that is left early leaves nothing behind", async () => {
  const pool = startPool();
  for await (const result of pool.map(tasks(1000))) if (result === 9) break;
  const open = pool.run({ kind: "hang", value: 0 });
  await Promise.all([expect(open).rejects.toMatchObject({ code: "ABORTED" }), pool.close()]);
});

test("buffers are moved, not copied", async () => {
  const pool = startWorkerPool<Task, Uint8Array>(pathToFileURL(workerFile), { threads: 1 });
  expect(await pool.run({ kind: "buffer", value: 5 })).toEqual(new Uint8Array(5).fill(7));
  await pool.close();
});
