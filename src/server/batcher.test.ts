import { expect, test } from "vitest";
import { Batcher, type BatcherOptions } from "./batcher.js";
import type { Lane, WireRow } from "./messages.js";

const lane: Lane = { model: 0, head: "encoder", attention: false };
const row = (length: number): WireRow => ({
  encoding: { ids: new Int32Array(length), typeIds: new Uint8Array(length) },
  reading: { output: "states", pooling: "mean" },
});

/** A model that is done when the test says so; it answers each row with its length. */
function heldModel(options: Partial<BatcherOptions> = {}) {
  const batches: {
    readonly lengths: number[];
    readonly isAlone: boolean;
    finish(): Promise<void>;
    fail(error: Error): Promise<void>;
  }[] = [];
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
  const batcher = new Batcher({
    tokens: 64,
    waitMs: 1000,
    workers: () => 1,
    queuedTokens: 1000,
    costs: [{ lane, runMs: 0, tokenMs: 1 }],
    expected: () => 0,
    run: (_lane, rows, isAlone) =>
      new Promise((resolve, reject) => {
        const lengths = rows.map(({ encoding }) => encoding.ids.length);
        batches.push({
          lengths,
          isAlone,
          finish() {
            resolve(lengths.map((length) => Float32Array.of(length)));
            return turn();
          },
          fail(error) {
            reject(error);
            return turn();
          },
        });
      }),
    ...options,
  });
  const run = (...lengths: number[]) => batcher.run(lane, lengths.map(row), never);
  return { batcher, batches, run };
}
const never = new AbortController().signal;

test("a lone request runs at once; results come back in the order of its rows", async () => {
  const { run, batches } = heldModel();
  const result = run(9, 30, 9, 8);
  expect(batches.map(({ lengths }) => lengths)).toEqual([[8, 9, 9]]);
  for (let at = 0; at < batches.length; at++) await batches[at]!.finish();
  expect((await result).map(([value]) => value)).toEqual([9, 30, 9, 8]);
});

test("an idle model waits for requests that are being read, and no longer than it may", async () => {
  let expected = 1;
  const { batcher, run, batches } = heldModel({ expected: () => expected });
  void run(10);
  expect(batches).toHaveLength(0);
  expected = 0;
  void run(10);
  expect(batches.map(({ lengths }) => lengths)).toEqual([[10, 10]]);
  const hasty = heldModel({ expected: () => 1, waitMs: 0 });
  void hasty.run(10);
  expect(hasty.batches).toHaveLength(1);
  batcher.poke();
});

test("a long request does not hold up a short one that comes after it", async () => {
  const { run, batches } = heldModel({ queuedTokens: 2000 });
  const long = run(...new Array<number>(20).fill(64));
  await batches[0]!.finish();
  const short = run(8);
  let isDone = false;
  void short.then(() => {
    isDone = true;
  });
  let at = 1;
  while (!isDone) await batches[at++]!.finish();
  // The rows of the long one have turns 64 ms apart; the short one came before the turn of the third.
  expect(at).toBeLessThan(6);
  while (at < batches.length) await batches[at++]!.finish();
  expect(await long).toHaveLength(20);
});

test("rows of a request that was given up never run", async () => {
  const { batcher, batches, run } = heldModel();
  const abort = new AbortController();
  const first = run(64);
  const given = batcher.run(lane, [row(64), row(64)], abort.signal);
  expect(batcher.tokens).toBe(128);
  abort.abort(new Error("gone"));
  await expect(given).rejects.toThrow("gone");
  expect(batcher.tokens).toBe(0);
  await batches[0]!.finish();
  await first;
  expect(batches).toHaveLength(1);
});

test("a full queue refuses, an empty one takes a request of any size", async () => {
  const { run, batches } = heldModel({ queuedTokens: 100 });
  void run(64, 64, 64);
  expect(() => run(1)).toThrow(expect.objectContaining({ code: "SERVER_OVERLOADED" }));
  await batches[0]!.finish();
  await batches[1]!.finish();
  void run(64);
});

test("a batch that fails rejects its requests and no others", async () => {
  const { run, batches } = heldModel();
  const first = run(64);
  const second = run(32);
  const isRejected = expect(first).rejects.toThrow("broken");
  await batches[0]!.fail(new Error("broken"));
  await isRejected;
  await batches[1]!.finish();
  expect(await second).toHaveLength(1);
});

test("a batch has all threads only when nothing else runs or waits", async () => {
  const { run, batches } = heldModel({ workers: () => 2 });
  void run(64, 64, 64);
  await batches[0]!.finish();
  await batches[1]!.finish();
  await batches[2]!.finish();
  void run(8);
  expect(batches.map(({ isAlone }) => isAlone)).toEqual([false, false, false, true]);
});
