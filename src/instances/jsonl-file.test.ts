import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { formatInstance } from "./instance-json.js";
import { openInstances } from "./open-instances.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "jsonl-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const LINES = [3, 700].map((length, index) =>
  formatInstance({
    ids: Int32Array.from({ length }, (_, i) => i + 1),
    segmentIds: new Uint8Array(length),
    maskedPositions: Int32Array.of(1),
    maskedIds: Int32Array.of(9),
    isRandomNext: index === 1,
  }),
);

test("lines are read back by number, the last one without a line feed too", async () => {
  const path = join(folder, "two.jsonl");
  await writeFile(path, `${LINES.join("\n")}`);
  const reader = await openInstances(path);
  expect([reader.count, reader.maxLength, reader.maxPredictions]).toEqual([2, 700, 1]);
  expect([1, 0].map((index) => formatInstance(reader.read(index)))).toEqual([LINES[1], LINES[0]]);
  reader.close();
});

test.each([
  ['{"input_ids":[1,2]}', /line 1 .*segment_ids/],
  [`${LINES[0]}\n{"input_ids":`, /line 2 that is not JSON/],
  [LINES[0]!.replace('"next_sentence_label":0', '"next_sentence_label":"no"'), /next_sentence_label/],
  [LINES[0]!.replace('"masked_lm_ids":[9]', '"masked_lm_ids":[9,9]'), /unequal/],
])("%s is refused by line, never quoted", async (text, message) => {
  const path = join(folder, "bad.jsonl");
  await writeFile(path, text);
  await expect(openInstances(path)).rejects.toThrow(message);
});
