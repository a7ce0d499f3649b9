/** @file Damaged files of annotations: read with entities inside their texts, or refused by name; what was read can be written. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ClinicalBertError } from "../../src/errors.js";
import {
  type EntityExample,
  type ExampleFormat,
  formatExamples,
  proveCoverage,
  readExamples,
  WRITTEN_FORMATS,
} from "../../src/tasks/index.js";
import { deidentifiable, temporal, write2006, write2012, write2014 } from "../tasks/synthetic-i2b2.js";
import { mutate } from "./mutate.js";
import { seededRandom } from "./random.js";

const RUNS = 120;
const folder = mkdtempSync(join(tmpdir(), "fuzz-"));
const seeds = new Map<ExampleFormat, readonly [name: string, contents: string]>([
  ["conll", ["x.tsv", "a\tB-X\nb\tI-X\n\n-DOCSTART-\tO\n\nc\tO\n"]],
  ["brat", ["x.ann", "T1\tX 0 4;6 7\tabcd e\nT2\tY 10 11\t🏥\nE1\tX:T1\n#1\tA T1\tn\n"]],
  ["pubtator", ["x.txt", "1|t|Ab\n1|a|Cd\n1\t0\t2\tAb\tX\tD1\n\n"]],
  ["nli", ["x.jsonl", '{"sentence1":"a","sentence2":"b","gold_label":"x","pairID":1}\n']],
  ["jsonl", ["x.jsonl", '{"id":1,"text":"a fever","entities":[{"label":"S","spans":[[2,7]]}]}\n']],
  [
    "prodigy",
    [
      "x.jsonl",
      '{"text":"a fever","spans":[{"start":2,"end":7,"label":"S"}]}\n["a",{"entities":[[0,1,"X"]]}]\n',
    ],
  ],
  ["i2b2-2010", ["x.con", 'c="abcd" 1:0 1:0||t="problem"\n']],
]);

beforeAll(async () => {
  await write2006(join(folder, "2006"), deidentifiable(1, 1));
  await write2012(join(folder, "2012"), temporal(1, 1));
  await write2014(join(folder, "2014"), deidentifiable(1, 1));
  const read = (path: string) => readFileSync(join(folder, path), "utf8");
  seeds.set("i2b2-2006", ["x.xml", read("2006/deid_surrogate_train_all_version2.xml")]);
  seeds.set("i2b2-2012", ["x.xml", read("2012/1.xml")]);
  seeds.set("i2b2-2014", ["x.xml", read("2014/100-01.xml")]);
});
afterAll(() => rmSync(folder, { recursive: true }));

it.each([...seeds.keys(), "i2b2-2006", "i2b2-2012", "i2b2-2014"] as ExampleFormat[])("%s", async (format) => {
  const [name, contents] = seeds.get(format)!;
  const path = join(folder, name);
  let refused = 0;
  for (let run = 0; run < RUNS; run++) {
    const bytes = mutate(Buffer.from(contents), seededRandom(run));
    if (name === "x.ann" || name === "x.con") writeFileSync(join(folder, "x.txt"), "abcd e fg 🏥 hi\n");
    writeFileSync(path, bytes);
    try {
      const { examples } = await readExamples(path, format);
      const tagged = examples.filter((example): example is EntityExample => example.kind === "entities");
      for (const { text, entities } of tagged)
        for (const [start, end] of entities.flatMap(({ spans }) => spans))
          expect(start >= 0 && start < end && end <= text.length, `run ${run}`).toBe(true);
      proveCoverage(tagged);
      for (const to of WRITTEN_FORMATS) formatExamples(tagged, to);
    } catch (error) {
      if (!(error instanceof ClinicalBertError)) throw error;
      refused += 1;
    }
  }
  expect(refused).toBeLessThan(RUNS);
});
