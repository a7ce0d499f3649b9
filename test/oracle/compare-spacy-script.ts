/**
 * @file Compares the rules alsentzer2019 over a spaCy pipeline with what clinicalBERT's own functions wrote
 * (test/oracle/generate/spacy_script_dump.py), line by line. Prints JSON; exit code 1 on any difference.
 *
 * Usage: node --import tsx test/oracle/compare-spacy-script.ts PIPELINE TEXTS.jsonl DUMP.jsonl [LIMIT]
 */
import { readFileSync } from "node:fs";
import { ClinicalBertError } from "../../src/errors.js";
import { createOrtRuntime } from "../../src/runtime/index.js";
import { createRuntimeArithmetic } from "../../src/runtime/spacy-arithmetic.js";
import { loadSpacySplitter } from "../../src/sentences/spacy-splitter.js";

const BATCH = 64;

function readLines<T>(path: string): T[] {
  const lines = readFileSync(path, "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as T);
}

const [pipelinePath, textsPath, dumpPath, limit] = process.argv.slice(2);
const splitter = await loadSpacySplitter(
  pipelinePath!,
  "alsentzer2019",
  createRuntimeArithmetic(await createOrtRuntime({ threads: 1 })),
);
const texts = readLines<{ text: string }>(textsPath!).slice(
  0,
  limit === undefined ? undefined : Number(limit),
);
const dump = readLines<readonly string[] | null>(dumpPath!);
const counts = { texts: 0, sentences: 0, blank: 0, placeholders: 0, lost: 0, different: 0 };
const examples: number[] = [];
for (let first = 0; first < texts.length; first += BATCH) {
  const batch = texts.slice(first, first + BATCH).map(({ text }) => text);
  for (const [offset, sentences] of (await splitter.splitMany(batch)).entries()) {
    if (sentences instanceof ClinicalBertError) throw sentences;
    const expected = dump[first + offset]!;
    counts.texts++;
    counts.placeholders += batch[offset]!.includes("[**") ? 1 : 0;
    if (expected === null) counts.lost++;
    else {
      counts.sentences += expected.length;
      counts.blank += expected.filter((sentence) => sentence.trim() === "").length;
    }
    const lines = sentences.map(({ text }) => text);
    if (JSON.stringify(lines) === JSON.stringify(expected)) continue;
    counts.different++;
    examples.push(first + offset);
  }
}
console.log(
  JSON.stringify({
    pipeline: splitter.pipeline.name,
    layout: splitter.pipeline.layout,
    ...counts,
    examples: examples.slice(0, 12),
  }),
);
await splitter.dispose?.();
process.exitCode = counts.different > 0 ? 1 : 0;
