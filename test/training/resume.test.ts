import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readProtoFields } from "../../src/util/protobuf.js";
import { type SmallJob, writeSmallJob } from "./small-run.js";

const BIN = fileURLToPath(new URL("../../dist/cli/bin.js", import.meta.url));
const STEPS = 60;

let folder: string;
let job: SmallJob;
let expected: Result;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "resume-"));
  job = await writeSmallJob(folder);
  const run = await pretrain("whole");
  expect(run).toMatchObject({ code: 0 });
  expected = await resultOf("whole");
}, 120_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
  readonly milliseconds: number;
}

/** Runs the command; `stopAfter` sends `signal` when metrics.jsonl has that many bytes or that much time has passed. */
function pretrain(
  name: string,
  extra: readonly string[] = [],
  stop?: { signal: NodeJS.Signals; when: () => Promise<boolean> },
): Promise<Ended> {
  const args = [
    ...[
      "pretrain",
      "--config",
      job.config,
      "--instances",
      job.instances,
      job.more,
      "--out",
      join(folder, name),
    ],
    ...["--held-out", job.heldOut, "--evaluate-every", "5", "--evaluate-sequences", "20"],
    ...[
      "--steps",
      String(STEPS),
      "--batch",
      "6",
      "--micro-batch",
      "4",
      "--warmup",
      "6",
      "--learning-rate",
      "1e-3",
    ],
    ...["--checkpoint-every", "7", "--threads", "2", "--order", "interleaved", ...extra],
  ];
  const child = spawn(process.execPath, [BIN, ...args], { stdio: ["ignore", "ignore", "pipe"] });
  let stderr = "";
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  let stopped = 0;
  const timer = setInterval(async () => {
    if (stop === undefined || !(await stop.when())) return;
    // Two of these may wait at once, and a second signal means something else.
    if (stopped > 0) return;
    stopped = performance.now();
    child.kill(stop.signal);
  }, 5);
  return new Promise((resolve) => {
    child.on("close", (code, signal) => {
      clearInterval(timer);
      resolve({ code, signal, stderr, milliseconds: performance.now() - stopped });
    });
  });
}

interface Result {
  readonly model: string;
  readonly best: string;
  readonly metrics: readonly string[];
  readonly evaluations: readonly string[];
  readonly events: readonly string[];
}

/** All that a run leaves and that does not depend on time. */
async function resultOf(name: string): Promise<Result> {
  const hash = async (...path: string[]): Promise<string> =>
    createHash("sha256")
      .update(await readFile(join(folder, name, ...path)))
      .digest("hex");
  const lines = async (file: string): Promise<string[]> =>
    (await readFile(join(folder, name, file), "utf8"))
      .trimEnd()
      .split("\n")
      .map((line) => JSON.stringify({ ...JSON.parse(line), sequences_per_second: 0 }));
  return {
    model: await hash("model", "model.safetensors"),
    best: await hash("checkpoints", "best.safetensors"),
    metrics: await lines("metrics.jsonl"),
    evaluations: await lines("evaluations.jsonl"),
    events: await eventsOf(join(folder, name, "tensorboard")),
  };
}

/** Step and tags of every event, without its time, and its values but the speed. */
async function eventsOf(path: string): Promise<string[]> {
  const names = await readdir(path);
  expect(names).toHaveLength(1);
  const bytes = await readFile(join(path, names[0]!));
  const events: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = Number(bytes.readBigUInt64LE(at));
    const fields = [...readProtoFields(bytes.subarray(at + 12, at + 12 + length))];
    const parts = fields.flatMap(({ field, value }) => {
      if (field === 2) return [`step ${value}`];
      const text = field === 5 ? Buffer.from(value as Uint8Array) : Buffer.alloc(0);
      const speed = text.indexOf("train/sequences_per_second");
      return [text.subarray(0, speed === -1 ? text.length : speed).toString("hex")];
    });
    events.push(parts.join(" "));
    at += 12 + length + 4;
  }
  return events;
}

/** True once metrics.jsonl of a run is longer than `bytes`. */
const metricsBeyond = (name: string, bytes: number) => async (): Promise<boolean> =>
  ((await stat(join(folder, name, "metrics.jsonl")).catch(() => null))?.size ?? 0) > bytes;

test("kill -9 at many moments, then the same command: same weights to the bit, same curve", async () => {
  // A line of metrics has about 250 bytes: kills fall before, between and beside the checkpoints at every 7th step.
  let kills = 0;
  for (const bytes of [0, 1000, 3300, 5200, 8000, 11000]) {
    const ended = await pretrain("killed", [], { signal: "SIGKILL", when: metricsBeyond("killed", bytes) });
    if (ended.signal === "SIGKILL") kills++;
    else expect(ended.code).toBe(0);
  }
  expect(kills).toBeGreaterThan(2);
  expect(await pretrain("killed")).toMatchObject({ code: 0 });
  expect(await resultOf("killed")).toEqual(expected);
});

test("a kill between the line of an evaluation and its event loses neither", async () => {
  expect(await pretrain("between")).toMatchObject({ code: 0 });
  const events = join(folder, "between", "tensorboard");
  const path = join(events, (await readdir(events))[0]!);
  const bytes = await readFile(path);
  let last = 0;
  for (let at = 0; at < bytes.length; at += 16 + Number(bytes.readBigUInt64LE(at))) last = at;
  expect(bytes.subarray(last).toString("latin1")).toContain("held_out/");
  await truncate(path, last);
  expect(await pretrain("between")).toMatchObject({ code: 0 });
  expect(await resultOf("between")).toEqual(expected);
});

const KILLS = Number(process.env["CLINICALBERT_KILLS"] ?? "0");

test.skipIf(KILLS === 0)(
  "CLINICALBERT_KILLS times kill -9 at random moments",
  { timeout: 1_800_000 },
  async () => {
    const { milliseconds } = await timed(() => pretrain("timing"));
    let kills = 0;
    for (let round = 0; kills < KILLS; round++) {
      const name = `random-${Math.floor(round / 8)}`;
      const limit = performance.now() + Math.random() * milliseconds;
      const ended = await pretrain(name, [], {
        signal: "SIGKILL",
        when: async () => performance.now() > limit,
      });
      if (ended.signal === "SIGKILL") kills++;
      if (round % 8 === 7 || kills === KILLS) {
        expect(await pretrain(name)).toMatchObject({ code: 0 });
        expect(await resultOf(name)).toEqual(expected);
      }
    }
  },
);

async function timed(work: () => Promise<unknown>): Promise<{ milliseconds: number }> {
  const started = performance.now();
  await work();
  return { milliseconds: performance.now() - started };
}

test.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)("%s ends with %i at once, keeps the steps done and goes on exactly", async (signal, code) => {
  const name = signal.toLowerCase();
  const ended = await pretrain(name, [], { signal, when: metricsBeyond(name, 2000) });
  expect(ended.code).toBe(code);
  expect(ended.milliseconds).toBeLessThan(5000);
  expect(ended.stderr).toMatch(/same command again/);
  expect(await pretrain(name)).toMatchObject({ code: 0 });
  expect(await resultOf(name)).toEqual(expected);
});

test("a damaged newest checkpoint is skipped with a word, and the one before it serves", async () => {
  await pretrain("damaged", [], { signal: "SIGKILL", when: metricsBeyond("damaged", 6500) });
  const checkpoints = join(folder, "damaged", "checkpoints");
  const newest = (await readdir(checkpoints))
    .filter((file) => file.startsWith("step-"))
    .sort()
    .at(-1)!;
  await truncate(join(checkpoints, newest), 1000);
  const ended = await pretrain("damaged");
  expect(ended.code).toBe(0);
  expect(ended.stderr).toContain(newest);
  expect(await resultOf("damaged")).toEqual(expected);
});

test("another recipe or other data in the same folder is refused by name", async () => {
  expect(await pretrain("whole", ["--seed", "4"])).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/other values of seed.*TRAINING_RESUME/s),
  });
  const other = await pretrain("whole", ["--learning-rate", "2e-3", "--dropout", "0"]);
  expect(other.stderr).toMatch(/learningRate, dropout/);
});

test("other threads are allowed, with the words not bit-identical", async () => {
  await pretrain("threads", [], { signal: "SIGKILL", when: metricsBeyond("threads", 3000) });
  const ended = await pretrain("threads", ["--threads", "1"]);
  expect(ended).toMatchObject({ code: 0, stderr: expect.stringContaining("not bit-identical") });
});

test("a file that is no instances is refused, and nothing is made", async () => {
  const bad = join(folder, "bad.instances");
  await writeFile(bad, "no instances at all, but long enough to look at");
  const ended = await pretrain("never", ["--instances", bad]);
  expect(ended.code).toBe(1);
  expect(ended.stderr).toContain("bad.instances");
  await expect(stat(join(folder, "never"))).rejects.toThrow();
});
