/** @file The four files that describe a tokenizer, as texts by name: what to believe when they disagree or are missing. No file is opened here. */
import { ClinicalBertError } from "../errors.js";
import { inferCase } from "./case-inference.js";
import type { Dialect } from "./dialect.js";
import { formatTokenizerJson, parseJsonObject, parseTokenizerJson } from "./tokenizer-json.js";
import { formatVocabulary, loadVocabulary } from "./vocabulary.js";
import {
  BERT_SPECIAL_TOKENS,
  type EncodeOptions,
  type SpecialTokens,
  WordPieceTokenizer,
  type WordPieceTokenizerOptions,
} from "./wordpiece-tokenizer.js";

export const TOKENIZER_FILES = [
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "vocab.txt",
] as const;
export type TokenizerFileName = (typeof TOKENIZER_FILES)[number];

/** Contents by name; those that a directory lacks are left out. */
export type TokenizerFiles = Readonly<Partial<Record<TokenizerFileName, string>>>;

export interface OpenedTokenizer {
  readonly tokenizer: WordPieceTokenizer;
  /** What had to be guessed and must be said aloud; `null` when the files say everything. */
  readonly notice: string | null;
  /** `model_max_length` of the configuration, where it is a real limit. */
  readonly maxLength: number | null;
  /** `truncation` and `padding` of tokenizer.json: the crate applies them to every call, `AutoTokenizer` takes only their sides. */
  readonly encodeOptions: EncodeOptions;
  readonly calls: CallDefaults;
}

type Side = "right" | "left";

/** What calls in the manner of transformers do where they say nothing. */
export interface CallDefaults {
  readonly paddingSide: Side;
  readonly truncationSide: Side;
  /** `clean_up_tokenization_spaces`; true where no file says it, as in transformers.js (Python's version 5 has false). */
  readonly cleanUpSpaces: boolean;
}

export const CALL_DEFAULTS: CallDefaults = {
  paddingSide: "right",
  truncationSide: "right",
  cleanUpSpaces: true,
};

export interface OpenTokenizerOptions {
  /** Default `huggingface`. */
  readonly dialect?: Dialect;
  /** Overrules the files. */
  readonly lowercase?: boolean;
}

/** Names of the special tokens in the files of Hugging Face. */
const SPECIAL_KEYS: Readonly<Record<keyof SpecialTokens, string>> = {
  unknown: "unk_token",
  classification: "cls_token",
  separator: "sep_token",
  padding: "pad_token",
  mask: "mask_token",
};
/** transformers writes 10^30 for "no limit". */
const NO_LIMIT = 1e9;

/** @throws `TOKENIZER_FILE_INVALID`, `VOCABULARY_INVALID` */
export function tokenizerFromFiles(
  files: TokenizerFiles,
  options: OpenTokenizerOptions = {},
): OpenedTokenizer {
  const config = readObject(files, "tokenizer_config.json");
  const map = readObject(files, "special_tokens_map.json");
  const parsed = files["tokenizer.json"] === undefined ? null : parseTokenizerJson(files["tokenizer.json"]);
  const text = files["vocab.txt"];
  if (parsed === null && text === undefined)
    throw new ClinicalBertError("TOKENIZER_FILE_INVALID", "Neither tokenizer.json nor vocab.txt is there.");
  const vocabulary = parsed?.vocabulary ?? loadVocabulary(text!);
  const said = options.lowercase ?? parsed?.options.lowercase ?? config["do_lower_case"];
  const inferred = typeof said === "boolean" ? null : inferCase(vocabulary);
  const stripAccents = config["strip_accents"];
  const settings: WordPieceTokenizerOptions = {
    ...(typeof stripAccents === "boolean" ? { stripAccents } : {}),
    ...(config["tokenize_chinese_chars"] === false ? { spaceCjk: false } : {}),
    ...parsed?.options,
    dialect: options.dialect ?? "huggingface",
    lowercase: inferred?.lowercase ?? said === true,
    specialTokens: readSpecialTokens(parsed?.options.specialTokens ?? BERT_SPECIAL_TOKENS, map, config),
  };
  const limit = config["model_max_length"];
  return {
    tokenizer: new WordPieceTokenizer(vocabulary, settings),
    notice:
      inferred === null
        ? null
        : `No tokenizer_config.json says whether the model is cased; the vocabulary is taken for ${inferred.reason}.`,
    maxLength: typeof limit === "number" && limit < NO_LIMIT ? limit : null,
    encodeOptions: parsed?.encodeOptions ?? {},
    calls: {
      paddingSide: readSide(config, "padding_side") ?? parsed?.encodeOptions.padding?.side ?? "right",
      truncationSide:
        readSide(config, "truncation_side") ?? parsed?.encodeOptions.truncation?.side ?? "right",
      cleanUpSpaces: config["clean_up_tokenization_spaces"] !== false,
    },
  };
}

function readSide(config: Readonly<Record<string, unknown>>, key: string): Side | null {
  const side = config[key] ?? null;
  if (side !== null && side !== "left" && side !== "right")
    throw new ClinicalBertError(
      "TOKENIZER_FILE_INVALID",
      `tokenizer_config.json: ${key} is ${JSON.stringify(side)}; it must be "left" or "right".`,
    );
  return side;
}

function readObject(files: TokenizerFiles, name: TokenizerFileName): Readonly<Record<string, unknown>> {
  const text = files[name];
  return text === undefined ? {} : parseJsonObject(text, name);
}

/** Later sources overrule earlier ones. A token is a string or `{ "content": … }`. */
function readSpecialTokens(
  base: SpecialTokens,
  ...sources: readonly Readonly<Record<string, unknown>>[]
): SpecialTokens {
  const tokens: Record<string, string> = { ...base };
  for (const source of sources)
    for (const [name, key] of Object.entries(SPECIAL_KEYS)) {
      const value = source[key];
      const content =
        typeof value === "object" && value !== null ? (value as { content?: unknown }).content : value;
      if (typeof content === "string") tokens[name] = content;
    }
  return tokens as unknown as SpecialTokens;
}

/** All four files. Python's `tokenizers` and `transformers` load them to the same ids. */
export function tokenizerFilesOf(
  tokenizer: WordPieceTokenizer,
  maxLength = 512,
): Readonly<Record<TokenizerFileName, string>> {
  const special = Object.fromEntries(
    Object.entries(SPECIAL_KEYS).map(([name, key]) => [
      key,
      tokenizer.specialTokens[name as keyof SpecialTokens],
    ]),
  );
  const { lowercase, stripAccents, spaceCjk } = tokenizer.options;
  const config = {
    ...special,
    do_lower_case: lowercase,
    strip_accents: stripAccents ?? null,
    tokenize_chinese_chars: spaceCjk ?? true,
    model_max_length: maxLength,
    tokenizer_class: "BertTokenizer",
  };
  return {
    "tokenizer.json": formatTokenizerJson(tokenizer),
    "tokenizer_config.json": `${JSON.stringify(config, null, 2)}\n`,
    "special_tokens_map.json": `${JSON.stringify(special, null, 2)}\n`,
    "vocab.txt": formatVocabulary(tokenizer.vocabulary),
  };
}
