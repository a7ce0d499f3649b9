/**
 * @file Compares src/spacy with what spaCy answered (test/oracle/generate/spacy_dump.py): words exactly, sentence starts, heads
 * and labels up to decisions with a margin below 1e-4, which are counted, as are
 * texts with code points that are newer than Python's tables. Prints JSON; exit code 1 on any other difference.
 *
 * Usage: node --import tsx test/oracle/compare-spacy.ts PIPELINE TEXTS.jsonl DUMP.jsonl [LIMIT [runtime]]
 * With `runtime` the large products are ONNX Runtime's.
 */
import { readFileSync } from "node:fs";
import { createOrtRuntime } from "../../src/runtime/index.js";
import { createRuntimeArithmetic } from "../../src/runtime/spacy-arithmetic.js";
import { loadSpacyPipeline } from "../../src/spacy/load-pipeline.js";

interface Expected {
  /** The text has code points that Python's Unicode tables do not know; JavaScript's may. */
  readonly unassigned: boolean;
  readonly words: readonly string[];
  readonly spaces: readonly number[];
  readonly norms: readonly string[];
  readonly heads: readonly number[];
  readonly labels: readonly string[];
  readonly starts: readonly number[];
}

/** A decision closer than this may fall otherwise in another order of summing. */
const CLOSE = 1e-4;
const BATCH = 64;

function readLines<T>(path: string): T[] {
  const lines = readFileSync(path, "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as T);
}

const [pipelinePath, textsPath, dumpPath, limit, engine] = process.argv.slice(2);
const outside = engine === "runtime" ? createRuntimeArithmetic(await createOrtRuntime({ threads: 1 })) : null;
const pipeline = await loadSpacyPipeline(
  pipelinePath!,
  outside === null ? {} : { arithmetic: outside.arithmetic },
);
const texts = readLines<{ text: string }>(textsPath!).slice(
  0,
  limit === undefined ? undefined : Number(limit),
);
const dump = readLines<Expected>(dumpPath!);
const counts = { texts: 0, words: 0, sentences: 0, steps: 0, closeSteps: 0, textsWithClose: 0 };
const wrong = { tokens: 0, norms: 0, trees: 0 };
/** Texts that differ for a known reason: a close decision, or a character newer than Python's tables. */
const excused = { close: 0, unassigned: 0 };
const examples: { id: number; kind: string }[] = [];
const started = performance.now();

for (let first = 0; first < texts.length; first += BATCH) {
  const batch = texts.slice(first, first + BATCH);
  const smallest = batch.map(() => Number.POSITIVE_INFINITY);
  const parsed = await pipeline.parseLater(
    batch.map(({ text }) => text),
    {
      observe: ({ text, margin }) => {
        counts.steps++;
        if (margin < CLOSE) counts.closeSteps++;
        smallest[text] = Math.min(smallest[text]!, margin);
      },
      observeSenter: (margin) => {
        counts.steps++;
        if (margin < CLOSE) counts.closeSteps++;
      },
    },
  );
  for (const [offset, result] of parsed.entries()) {
    const id = first + offset;
    const expected = dump[id]!;
    const indices = [...expected.words.keys()];
    counts.texts++;
    counts.words += expected.words.length;
    counts.sentences += expected.starts.filter((start) => start === 1).length;
    if (smallest[offset]! < CLOSE) counts.textsWithClose++;
    const { words } = result;
    const same =
      words.count === expected.words.length &&
      indices.every(
        (index) =>
          result.text.slice(words.starts[index], words.starts[index]! + words.lengths[index]!) ===
            expected.words[index] &&
          result.form(index).text === expected.words[index] &&
          words.spaces[index] === expected.spaces[index],
      );
    if (!same && expected.unassigned) {
      excused.unassigned++;
      continue;
    }
    if (!same) {
      wrong.tokens++;
      examples.push({ id, kind: "tokens" });
      continue;
    }
    if (
      !expected.unassigned &&
      !indices.every((index) => result.form(index).norm === expected.norms[index])
    ) {
      wrong.norms++;
      examples.push({ id, kind: "norms" });
    }
    const { tree } = result;
    const sameTree =
      indices.every((index) => result.sentenceStarts[index] === expected.starts[index]) &&
      (tree === null ||
        indices.every(
          (index) =>
            tree.heads[index] === expected.heads[index] && result.label(index) === expected.labels[index],
        ));
    if (sameTree) continue;
    if (expected.unassigned) excused.unassigned++;
    else if (smallest[offset]! < CLOSE) excused.close++;
    else {
      wrong.trees++;
      examples.push({ id, kind: "tree" });
    }
  }
}
const seconds = (performance.now() - started) / 1000;
console.log(
  JSON.stringify({
    pipeline: pipeline.name,
    ...counts,
    wrong,
    excused,
    seconds: Number(seconds.toFixed(1)),
    examples: examples.slice(0, 8),
  }),
);
process.exitCode = wrong.tokens + wrong.norms + wrong.trees > 0 ? 1 : 0;
