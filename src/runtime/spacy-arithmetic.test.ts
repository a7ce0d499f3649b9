import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { loadSpacyPipeline } from "../spacy/load-pipeline.js";
import { createOrtRuntime } from "./ort-node.js";
import { liveExecutables } from "./runtime.js";
import { createRuntimeArithmetic } from "./spacy-arithmetic.js";

/** More words than the fewest that go outside, in sentences of several lengths. */
const TEXTS = [
  "The patient was seen by Dr. Smith. No pain was found in the chest, but the cough had become worse. ".repeat(
    9,
  ),
  "Fever.",
  "Aspirin 81 mg was given; the blood pressure fell. She went home. ".repeat(40),
];

it.each(["spacy-v3", "spacy-v2"])("parses with a runtime as without one (%s)", async (name) => {
  const path = fileURLToPath(new URL(`../../test/oracle/spacy/${name}.tar.gz`, import.meta.url));
  const before = liveExecutables();
  const outside = createRuntimeArithmetic(await createOrtRuntime({ threads: 1 }));
  const fast = await loadSpacyPipeline(path, { arithmetic: outside.arithmetic });
  const expected = (await loadSpacyPipeline(path)).parse(TEXTS);
  for (const [index, parse] of (await fast.parseLater(TEXTS)).entries()) {
    expect(parse.tree!.heads).toEqual(expected[index]!.tree!.heads);
    expect(parse.tree!.labels).toEqual(expected[index]!.tree!.labels);
    expect(parse.sentenceStarts).toEqual(expected[index]!.sentenceStarts);
  }
  expect(liveExecutables()).toBeGreaterThan(before);
  await outside.dispose();
  expect(liveExecutables()).toBe(before);
});
