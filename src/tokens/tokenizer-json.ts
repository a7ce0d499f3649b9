/** @file `tokenizer.json` of Hugging Face: read into vocabulary and options, written so that the crate loads it. Foreign names stop here. */
import { ClinicalBertError } from "../errors.js";
import { CONTINUATION_PREFIX } from "./piece-trie.js";
import type { AddedToken } from "./text-segments.js";
import { createVocabulary, type Vocabulary } from "./vocabulary.js";
import type { TruncationOptions, TruncationStrategy } from "./truncation.js";
import {
  BERT_SPECIAL_TOKENS,
  type EncodeOptions,
  type PaddingOptions,
  type WordPieceTokenizer,
  type WordPieceTokenizerOptions,
} from "./wordpiece-tokenizer.js";

type Json = Readonly<Record<string, unknown>>;

export interface ParsedTokenizerJson {
  readonly vocabulary: Vocabulary;
  readonly options: WordPieceTokenizerOptions;
  /** What the crate does on every call. */
  readonly encodeOptions: EncodeOptions;
}

/** @throws `TOKENIZER_FILE_INVALID` naming the part that is not BERT's */
export function parseTokenizerJson(text: string): ParsedTokenizerJson {
  const root = parseJsonObject(text, "tokenizer.json");
  const model = objectAt(root, "model");
  requireType(model, "model", "WordPiece");
  if ((model["continuing_subword_prefix"] ?? CONTINUATION_PREFIX) !== CONTINUATION_PREFIX)
    throw invalid(`model.continuing_subword_prefix must be "${CONTINUATION_PREFIX}"`);
  requireType(objectAt(root, "pre_tokenizer"), "pre_tokenizer", "BertPreTokenizer");
  const normalizer = objectAt(root, "normalizer");
  requireType(normalizer, "normalizer", "BertNormalizer");
  const addedTokens = readAddedTokens(root["added_tokens"]);
  const unknown = stringAt(model, "unk_token", BERT_SPECIAL_TOKENS.unknown);
  return {
    vocabulary: readVocabulary(objectAt(model, "vocab"), addedTokens),
    options: {
      dialect: "huggingface",
      lowercase: booleanAt(normalizer, "lowercase", true),
      stripAccents:
        normalizer["strip_accents"] === undefined ? null : nullableBoolean(normalizer, "strip_accents"),
      cleanText: booleanAt(normalizer, "clean_text", true),
      spaceCjk: booleanAt(normalizer, "handle_chinese_chars", true),
      maxWordLength: numberAt(model, "max_input_chars_per_word", 100),
      specialTokens: { ...BERT_SPECIAL_TOKENS, unknown },
      addedTokens,
    },
    encodeOptions: {
      truncation: readTruncation(root["truncation"]),
      padding: readPadding(root["padding"]),
    },
  };
}

const STRATEGIES: Readonly<Record<string, TruncationStrategy>> = {
  LongestFirst: "longest_first",
  OnlyFirst: "only_first",
  OnlySecond: "only_second",
};

function readTruncation(value: unknown): TruncationOptions | null {
  if (value === undefined || value === null) return null;
  const truncation = value as Json;
  const name = stringAt(truncation, "strategy", "LongestFirst");
  const strategy = Object.hasOwn(STRATEGIES, name) ? STRATEGIES[name] : undefined;
  if (strategy === undefined) throw invalid(`truncation.strategy is ${JSON.stringify(name)}`);
  return {
    maxLength: numberAt(truncation, "max_length"),
    strategy,
    stride: numberAt(truncation, "stride", 0),
    side: readSide(truncation, "truncation"),
  };
}

function readPadding(value: unknown): PaddingOptions | null {
  if (value === undefined || value === null) return null;
  const padding = value as Json;
  const strategy = padding["strategy"];
  const fixed = typeof strategy === "object" && strategy !== null ? (strategy as Json) : null;
  if (fixed === null && strategy !== "BatchLongest")
    throw invalid(`padding.strategy is ${JSON.stringify(strategy)}`);
  const multipleOf = padding["pad_to_multiple_of"];
  return {
    length: fixed === null ? "longest" : numberAt(fixed, "Fixed"),
    ...(typeof multipleOf === "number" && multipleOf > 0 ? { multipleOf } : {}),
    side: readSide(padding, "padding"),
  };
}

function readSide(part: Json, name: string): "left" | "right" {
  const direction = stringAt(part, "direction", "Right");
  if (direction !== "Left" && direction !== "Right")
    throw invalid(`${name}.direction is ${JSON.stringify(direction)}; it must be "Left" or "Right"`);
  return direction === "Left" ? "left" : "right";
}

function readVocabulary(vocab: Json, added: readonly AddedToken[]): Vocabulary {
  const tokens: string[] = [];
  for (const [token, id] of Object.entries(vocab)) {
    if (typeof id !== "number" || !Number.isInteger(id) || id < 0)
      throw invalid(`model.vocab has the id ${String(id)}`);
    tokens[id] = token;
  }
  for (const { id, content } of added) tokens[id] ??= content;
  for (let id = 0; id < tokens.length; id++)
    if (tokens[id] === undefined) throw invalid(`no token has the id ${id}`);
  return createVocabulary(tokens);
}

function readAddedTokens(value: unknown): AddedToken[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw invalid("added_tokens must be a list");
  return value.map((entry: unknown) => {
    const token = entry as Json;
    return {
      id: numberAt(token, "id"),
      content: stringAt(token, "content"),
      special: booleanAt(token, "special", false),
      normalized: booleanAt(token, "normalized", true),
      singleWord: booleanAt(token, "single_word", false),
      lstrip: booleanAt(token, "lstrip", false),
      rstrip: booleanAt(token, "rstrip", false),
    };
  });
}

/** The contents of a `tokenizer.json` that the crate reads to the same ids. The file has no name for the `google` dialect: it is always `huggingface`. */
export function formatTokenizerJson(tokenizer: WordPieceTokenizer): string {
  const { options, vocabulary, specialTokens } = tokenizer;
  const cls = { id: specialTokens.classification, type_id: 0 };
  const separator = (type: number) => ({ SpecialToken: { id: specialTokens.separator, type_id: type } });
  const sequence = (id: "A" | "B") => ({ Sequence: { id, type_id: id === "A" ? 0 : 1 } });
  const special = (token: string, id: number) => ({ id: token, ids: [id], tokens: [token] });
  const single = [{ SpecialToken: cls }, sequence("A"), separator(0)];
  return `${JSON.stringify(
    {
      version: "1.0",
      truncation: null,
      padding: null,
      added_tokens: [...tokenizer.addedTokens]
        .sort((left, right) => left.id - right.id)
        .map(({ id, content, singleWord, lstrip, rstrip, normalized, special: isSpecial }) => ({
          id,
          content,
          single_word: singleWord,
          lstrip,
          rstrip,
          normalized,
          special: isSpecial,
        })),
      normalizer: {
        type: "BertNormalizer",
        clean_text: options.cleanText ?? true,
        handle_chinese_chars: options.spaceCjk ?? true,
        strip_accents: options.stripAccents ?? null,
        lowercase: options.lowercase,
      },
      pre_tokenizer: { type: "BertPreTokenizer" },
      post_processor: {
        type: "TemplateProcessing",
        single,
        pair: [...single, sequence("B"), separator(1)],
        special_tokens: {
          [specialTokens.classification]: special(specialTokens.classification, tokenizer.classificationId),
          [specialTokens.separator]: special(specialTokens.separator, tokenizer.separatorId),
        },
      },
      decoder: { type: "WordPiece", prefix: CONTINUATION_PREFIX, cleanup: true },
      model: {
        type: "WordPiece",
        unk_token: specialTokens.unknown,
        continuing_subword_prefix: CONTINUATION_PREFIX,
        max_input_chars_per_word: tokenizer.maxWordLength,
        vocab: Object.fromEntries(vocabulary.tokens.map((token, id) => [token, id])),
      },
    },
    null,
    2,
  )}\n`;
}

/** @throws `TOKENIZER_FILE_INVALID` when `text` is not a JSON object */
export function parseJsonObject(text: string, name: string): Json {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ClinicalBertError("TOKENIZER_FILE_INVALID", `${name} is not JSON.`, { details: { name } });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new ClinicalBertError("TOKENIZER_FILE_INVALID", `${name} is not a JSON object.`, {
      details: { name },
    });
  return value as Json;
}

function objectAt(parent: Json, key: string): Json {
  const value = parent[key];
  if (typeof value !== "object" || value === null) throw invalid(`${key} is missing`);
  return value as Json;
}

function requireType(part: Json, name: string, type: string): void {
  if (part["type"] !== undefined && part["type"] !== type)
    throw invalid(`${name}.type is ${JSON.stringify(part["type"])}; only "${type}" can be read`);
}

function stringAt(parent: Json, key: string, otherwise?: string): string {
  const value = parent[key] ?? otherwise;
  if (typeof value !== "string") throw invalid(`${key} must be a string`);
  return value;
}

function numberAt(parent: Json, key: string, otherwise?: number): number {
  const value = parent[key] ?? otherwise;
  if (typeof value !== "number") throw invalid(`${key} must be a number`);
  return value;
}

function booleanAt(parent: Json, key: string, otherwise: boolean): boolean {
  const value = parent[key] ?? otherwise;
  if (typeof value !== "boolean") throw invalid(`${key} must be true or false`);
  return value;
}

function nullableBoolean(parent: Json, key: string): boolean | null {
  return parent[key] === null ? null : booleanAt(parent, key, false);
}

function invalid(problem: string): ClinicalBertError {
  return new ClinicalBertError("TOKENIZER_FILE_INVALID", `tokenizer.json: ${problem}.`, {
    details: { problem },
  });
}
