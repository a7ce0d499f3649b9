import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tokenizerFilesOf, WordPieceTokenizer } from "../tokens/index.js";
import { loadTokenizer } from "./load-tokenizer.js";

const ORACLE = new URL("../../test/oracle/checkpoints/pretraining/", import.meta.url).pathname;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tokenizer-"));
  await cp(join(ORACLE, "vocab.txt"), join(folder, "vocab.txt"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("the tokenizer of a folder", () => {
  it("takes the case from the vocabulary where no file says it, and says so", async () => {
    const { tokenizer, notices, maxLength } = await loadTokenizer(folder);
    expect(tokenizer.options.lowercase).toBe(true);
    expect(notices).toEqual([expect.stringMatching(/vocabulary is taken for uncased.*would lower-case/)]);
    expect(maxLength).toBe(512);
    const cased = [...tokenizer.vocabulary.tokens, "Dr", "Mr", "CHF"].join("\n");
    await writeFile(join(folder, "vocab.txt"), cased);
    expect((await loadTokenizer(folder)).tokenizer.options.lowercase).toBe(false);
  });

  it("does what the caller says of the case", async () => {
    const { tokenizer, notices } = await loadTokenizer(folder, true);
    expect([tokenizer.options.lowercase, notices]).toEqual([true, []]);
  });

  it("believes tokenizer_config.json, and no length of 31 digits", async () => {
    await writeFile(
      join(folder, "tokenizer_config.json"),
      '{"do_lower_case":true,"model_max_length":1000000000000000019884624838656}',
    );
    const { tokenizer, notices, maxLength } = await loadTokenizer(folder);
    expect([tokenizer.options.lowercase, notices, maxLength]).toEqual([true, [], 512]);
  });

  it("reads tokenizer.json alone", async () => {
    const alone = await mkdtemp(join(folder, "alone-"));
    const { tokenizer } = await loadTokenizer(folder);
    const cased = new WordPieceTokenizer(tokenizer.vocabulary, { dialect: "huggingface", lowercase: false });
    await writeFile(join(alone, "tokenizer.json"), tokenizerFilesOf(cased)["tokenizer.json"]);
    const loaded = await loadTokenizer(alone);
    expect(loaded.tokenizer.vocabulary.tokens).toEqual(tokenizer.vocabulary.tokens);
    expect([loaded.tokenizer.options.lowercase, loaded.notices]).toEqual([false, []]);
  });

  it("names the folder that has no vocabulary", async () => {
    await expect(loadTokenizer(join(folder, "gone"))).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
  });
});
