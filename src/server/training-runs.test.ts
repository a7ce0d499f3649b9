import { appendFile, mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { listRuns, RunReader } from "./training-runs.js";

let folder: string;
const line = (step: number): string => `${JSON.stringify({ step, loss: 1 / step, note: "text" })}\n`;
const lines = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, index) => line(from + index)).join("");

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "runs-"));
  for (const name of ["a", "b", "no-run"]) await mkdir(join(folder, name));
  await writeFile(join(folder, "a", "metrics.jsonl"), `${lines(1, 3)}{"step":4,"lo`);
  await writeFile(join(folder, "a", "recipe.json"), JSON.stringify({ recipe: { steps: 100 } }));
  await writeFile(join(folder, "b", "metrics.jsonl"), "");
});
afterAll(() => rm(folder, { recursive: true }));

test("lists run folders with their last whole step", async () => {
  const { runs } = await listRuns(folder);
  expect(new Map(runs.map(({ id, step, steps, finished }) => [id, [step, steps, finished]]))).toEqual(
    new Map([
      ["a", [3, 100, false]],
      ["b", [0, null, false]],
    ]),
  );
  expect((await listRuns(join(folder, "a"))).runs.map(({ id }) => id)).toEqual(["."]);
  expect((await listRuns(join(folder, "nowhere"))).runs).toEqual([]);
});

test("a follower gets each line once, a line that is being written when it is whole", async () => {
  const reader = new RunReader(folder);
  const path = join(folder, "a", "metrics.jsonl");
  const first = await reader.read("a", 0);
  expect(first).toEqual({
    id: "a",
    metrics: [1, 2, 3].map((step) => ({ step, loss: 1 / step })),
    after: 3,
    more: false,
  });
  expect((await reader.read("a", 3)).metrics).toEqual([]);
  await appendFile(path, `ss":0.5}\n${line(5)}`);
  expect((await reader.read("a", 3)).metrics.map(({ step }) => step)).toEqual([4, 5]);
  expect((await reader.read("a", 1)).metrics.map(({ step }) => step)).toEqual([2, 3, 4, 5]);
  // A resumed run replaces the file and drops the lines after its checkpoint.
  await writeFile(`${path}.new`, lines(1, 2));
  await rename(`${path}.new`, path);
  expect((await reader.read("a", 5)).metrics).toEqual([]);
  expect((await reader.read("a", 0)).after).toBe(2);
});

test("a long run comes in pieces, nothing lost or doubled", async () => {
  const count = 50_000;
  await writeFile(join(folder, "b", "metrics.jsonl"), lines(1, count));
  const reader = new RunReader(folder);
  const steps: number[] = [];
  let pieces = 0;
  for (let after = 0, more = true; more; pieces++) {
    const answer = await reader.read("b", after);
    steps.push(...answer.metrics.map(({ step }) => step));
    [after, more] = [answer.after, answer.more];
  }
  expect(pieces).toBeGreaterThan(1);
  expect(steps).toEqual(Array.from({ length: count }, (_, index) => index + 1));
});

test.each(["..", "../a", "a/../a", "nowhere", "no-run", "", "a\0"])("no run is called %j", async (id) => {
  await expect(new RunReader(folder).read(id, 0)).rejects.toMatchObject({ code: "SERVER_NOT_FOUND" });
});
