import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { runCli } from "./run-cli.js";

const folder = mkdtempSync(join(tmpdir(), "annotations-"));
afterAll(() => rmSync(folder, { recursive: true }));
const put = (name: string, contents: string): string => {
  writeFileSync(join(folder, name), contents);
  return join(folder, name);
};
const gold = put("gold.tsv", "a\tB-X\nb\tI-X\nc\tO\n\nd\tB-Y\n");
const predicted = put("predicted.tsv", "a\tB-X\nb\tO\nc\tO\n\nd\tB-Y");

describe("evaluate score", () => {
  test("prints what conlleval prints, and the numbers as JSON", async () => {
    const score = ["evaluate", "score", "--gold", gold, "--predicted", predicted, "--metric"];
    const { code, stdout } = await runCli([...score, "conlleval"]);
    expect(code).toBe(0);
    expect(stdout.split("\n")[0]).toBe("processed 4 tokens with 2 phrases; found: 2 phrases; correct: 1.");
    const json = await runCli([...score, "seqeval", "--scheme", "iob2", "--json"]);
    expect(JSON.parse(json.stdout)).toMatchObject({ metric: "seqeval", micro: { f1: 0.5, support: 2 } });
    const entities = await runCli([...score, "entities", "--format", "conll"]);
    expect(entities.stdout).toContain("2 documents; exact span and class.");
  });

  test("refuses an unknown metric, a missing gold and files of other lengths", async () => {
    const unknown = await runCli(["evaluate", "score", "--metric", "bleu", "--predicted", predicted]);
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining("conlleval, i2b2")]);
    const missing = await runCli(["evaluate", "score", "--metric", "accuracy", "--predicted", predicted]);
    expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining("needs --gold")]);
    const short = put("short.tsv", "a\tB-X\nb\tO\n\nd\tO\n");
    const other = await runCli([
      "evaluate",
      "score",
      "--metric",
      "conlleval",
      "--gold",
      gold,
      "--predicted",
      short,
    ]);
    expect([other.code, other.stderr]).toEqual([
      1,
      expect.stringMatching(/Sentence 1 has 3 words in gold \(.*gold.tsv:1\), 2 in the prediction/),
    ]);
    const foreign = await runCli([
      ...["evaluate", "score", "--metric", "conlleval", "--scheme", "iob2"],
      ...["--gold", gold, "--predicted", predicted],
    ]);
    expect([foreign.code, foreign.stderr]).toEqual([
      2,
      expect.stringContaining("--scheme is for --metric seqeval"),
    ]);
  });
});

describe("convert-annotations", () => {
  test("writes a file, or a folder of files, and says what was lost", async () => {
    const out = join(folder, "brat");
    const { code, stderr } = await runCli([
      "convert-annotations",
      gold,
      "--from",
      "conll",
      "--to",
      "brat",
      "--out",
      out,
    ]);
    expect([code, stderr]).toEqual([0, "clinicalbert: 2 examples, 2 entities\n"]);
    expect(readdirSync(out)).toEqual(["gold.ann", "gold.txt"]);
    expect(readFileSync(join(out, "gold.ann"), "utf8")).toBe("T1\tX 0 3\ta b\nT2\tY 6 7\td\n");
    put("brat/gold.ann", "T1\tX 0 3\ta b\nT2\tY 6 7\tQ\n");
    const back = await runCli(["convert-annotations", out, "--from", "brat", "--to", "jsonl"]);
    expect(JSON.parse(back.stdout)).toEqual({
      id: "gold",
      text: "a b c\nd\n",
      entities: [{ id: "T1", label: "X", spans: [[0, 3]] }],
    });
    expect(back.stderr).toBe("clinicalbert: 1 examples, 1 entities; 1 text-mismatch\n");
    const strict = await runCli(["convert-annotations", out, "--from", "brat", "--to", "jsonl", "--strict"]);
    expect([strict.code, strict.stdout, strict.stderr]).toEqual([
      1,
      "",
      expect.stringContaining("gold.ann:2: text-mismatch; 1 such places in all."),
    ]);
  });

  test("stops with --strict for what is lost, not for what is there twice", async () => {
    const out = join(folder, "twice");
    mkdirSync(out);
    put("twice/1.txt", "left arm");
    put("twice/1.ann", "T1\tX 0 8\tleft arm\nT2\tX 0 8\tleft arm\nT3\tX 0 1;5 6\tl a\n");
    const convert = ["convert-annotations", out, "--from", "brat", "--strict", "--to"];
    const kept = await runCli([...convert, "jsonl"]);
    expect([kept.code, kept.stderr]).toEqual([
      0,
      "clinicalbert: 1 examples, 3 entities; 1 duplicate, 1 discontinuous, 1 nested\n",
    ]);
    const split = await runCli([...convert, "prodigy"]);
    expect([split.code, split.stdout]).toEqual([1, ""]);
    expect(split.stderr).toContain("discontinuous; 1 such places in all.");
  });

  test("finds the texts of predictions, which have none", async () => {
    const notes = put("notes.jsonl", '{"id":1,"text":"a fever"}\n');
    const entities = put(
      "entities.jsonl",
      '{"id":1,"entities":[{"entity_group":"S","score":0.9,"span":[2,7]}]}\n',
    );
    const convert = ["convert-annotations", entities, "--from", "jsonl", "--to", "conll"];
    expect((await runCli([...convert, "--texts", notes])).stdout).toBe("a\tO\nfever\tB-S\n\n");
    const without = await runCli(convert);
    expect([without.code, without.stderr]).toEqual([
      1,
      expect.stringContaining("entities.jsonl:1: no text."),
    ]);
  });

  test("needs a folder for formats of many files", async () => {
    const { code, stderr } = await runCli(["convert-annotations", gold, "--from", "conll", "--to", "con"]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("--out")]);
  });
});
