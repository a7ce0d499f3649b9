/** @file `predict` with a model that was trained on sentences: a note gets what its sentences get, at their places. */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { runCli } from "./run-cli.js";

const folder = mkdtempSync(join(tmpdir(), "sentences-"));
afterAll(() => rmSync(folder, { recursive: true }));

interface Tagged {
  readonly entities: readonly { readonly entity_group: string; readonly span: readonly [number, number] }[];
}

async function predict(model: string, texts: readonly string[]): Promise<Tagged[]> {
  const input = texts.map((text) => `${JSON.stringify({ text })}\n`).join("");
  const { stdout } = await runCli(["predict", "--model", model, "--aggregation", "simple"], { input });
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Tagged);
}

test("sentences are read apart when finetuning.json is beside the model, else together", async () => {
  const model = join(folder, "model");
  cpSync(join(import.meta.dirname, "../oracle/checkpoints/token-classification"), model, { recursive: true });
  const sentences = [
    "Patient denies chest pain and was given aspirin. ",
    "He has mild fever.\n",
    "lung rate",
  ];
  const text = sentences.join("");
  const places = ({ entities }: Tagged, from = 0) =>
    entities.map(({ entity_group, span: [start, end] }) => [entity_group, start + from, end + from]);
  const [together] = await predict(model, [text]);
  writeFileSync(join(model, "finetuning.json"), '{"maxLength":20}');
  const [apart, ...single] = await predict(model, [text, ...sentences]);
  let from = 0;
  const expected = single.flatMap((each, index) => {
    const shifted = places(each, from);
    from += sentences[index]!.length;
    return shifted;
  });
  expect(places(apart!)).toEqual(expected);
  expect(expected.length).toBeGreaterThan(0);
  // Attention over other words gives other scores.
  expect(apart).not.toEqual(together);
});
