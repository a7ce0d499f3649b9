/** @file `predict` with a model that was trained on sentences: a note gets what its sentences get, at their places. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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

test("a converted model reads as the one that it was made of", async () => {
  const [from, to] = [join(folder, "from"), join(folder, "to")];
  cpSync(join(import.meta.dirname, "../oracle/checkpoints/token-classification"), from, { recursive: true });
  writeFileSync(join(from, "finetuning.json"), '{"maxLength":20}');
  mkdirSync(join(from, "1_Pooling"));
  writeFileSync(join(from, "1_Pooling", "config.json"), '{"pooling_mode_cls_token":true}');
  await runCli(["convert", from, to, "--onnx", "none"]);
  expect(readFileSync(join(to, "1_Pooling", "config.json"), "utf8")).toBe('{"pooling_mode_cls_token":true}');
  const text = "Patient denies chest pain and was given aspirin. He has mild fever.\nlung rate";
  expect(await predict(to, [text])).toEqual(await predict(from, [text]));
});

test("a damaged finetuning.json is an error, not another way of reading", async () => {
  const damaged = join(folder, "damaged");
  cpSync(join(import.meta.dirname, "../oracle/checkpoints/token-classification"), damaged, {
    recursive: true,
  });
  writeFileSync(join(damaged, "finetuning.json"), '{"maxLength":');
  const { code, stderr } = await runCli(["predict", "--model", damaged], { input: '{"text":"fever"}\n' });
  expect(code).toBe(1);
  expect(stderr).toContain("BERT_CONFIG");
});
