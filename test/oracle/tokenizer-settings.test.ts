/** What a tokenizer.json asks for of truncation, padding and decoding, as `tokenizers` and transformers do it (`generate/tokenizer_settings.py`). */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { PreTrainedTokenizer } from "../../src/pipelines/pretrained-tokenizer.js";
import { type Encoding, type OpenedTokenizer, tokenizerFromFiles } from "../../src/tokens/index.js";

interface Case {
  readonly truncation: unknown;
  readonly padding: unknown;
  readonly config: Readonly<Record<string, unknown>>;
}

const golden = JSON.parse(readFileSync(new URL("./tokenizer-settings.json", import.meta.url), "utf8")) as {
  tokenizer: Readonly<Record<string, unknown>>;
  config: Readonly<Record<string, unknown>>;
  texts: string[];
  pair: [string, string];
  crate: (Case & { tokens: string[][]; overflowing: string[][][] })[];
  auto: (Case & {
    sides: [string, string];
    calls: { plain: number[]; truncated: number[]; padded: number[][]; fixed: number[] };
  })[];
  decoded: { ids: number[]; skip: boolean; clean: boolean; text: string }[];
};

function open({ truncation, padding, config }: Case): OpenedTokenizer {
  return tokenizerFromFiles({
    "tokenizer.json": JSON.stringify({ ...golden.tokenizer, truncation, padding }),
    "tokenizer_config.json": JSON.stringify({ ...golden.config, ...config }),
  });
}

function auto(settings: Case): PreTrainedTokenizer {
  const { tokenizer, calls } = open(settings);
  return new PreTrainedTokenizer(tokenizer, 512, calls);
}

describe("tokenizer.json", () => {
  it.each([...golden.crate.entries()])("crate, setting %i", (_, { tokens, overflowing, ...settings }) => {
    const { tokenizer, encodeOptions } = open(settings);
    const encoded: Encoding[] = [...golden.texts, golden.pair].map((text) =>
      tokenizer.encode(text, encodeOptions),
    );
    expect(encoded.map((each) => each.tokens)).toEqual(tokens);
    expect(encoded.map((each) => each.overflowing.map((other) => other.tokens))).toEqual(overflowing);
  });

  it.each([...golden.auto.entries()])("AutoTokenizer, setting %i", (_, { sides, calls, ...settings }) => {
    const tokenizer = auto(settings);
    const lists = { return_tensor: false } as const;
    const [first, second] = golden.texts as [string, string];
    expect([tokenizer.padding_side, tokenizer.truncation_side]).toEqual(sides);
    expect(tokenizer(first, lists).input_ids).toEqual(calls.plain);
    expect(tokenizer(first, { ...lists, truncation: true, max_length: 6 }).input_ids).toEqual(
      calls.truncated,
    );
    expect(tokenizer([first, second], { ...lists, padding: true }).input_ids).toEqual(calls.padded);
    expect(tokenizer(second, { ...lists, padding: "max_length", max_length: 9 }).input_ids).toEqual(
      calls.fixed,
    );
  });

  it("decode", () => {
    const tokenizer = auto({ truncation: null, padding: null, config: {} });
    for (const { ids, skip, clean, text } of golden.decoded) {
      const options = { skip_special_tokens: skip, clean_up_tokenization_spaces: clean };
      expect(tokenizer.decode(ids, options)).toBe(text);
      expect(tokenizer.batch_decode([ids, ids], options)).toEqual([text, text]);
    }
  });

  it("clean_up_tokenization_spaces is what the configuration says, and true where it says nothing", () => {
    const { ids } = golden.decoded.find(({ text }) => text.includes(" ' ")) as { ids: number[] };
    const decode = (config: Case["config"]): string =>
      auto({ truncation: null, padding: null, config }).decode(ids);
    expect(decode({ clean_up_tokenization_spaces: false })).toContain(" ' ");
    expect(decode({})).not.toContain(" ' ");
  });

  it.each([
    { truncation: { max_length: 4, strategy: "Middle" }, padding: null },
    { truncation: null, padding: { strategy: "Most" } },
    { truncation: { max_length: 4, direction: "Up" }, padding: null },
    { truncation: {}, padding: null },
  ])("a setting that the crate does not know is refused: %j", (settings) => {
    expect(() => open({ ...settings, config: {} })).toThrow(
      expect.objectContaining({ code: "TOKENIZER_FILE_INVALID" }),
    );
  });
});
