/** @file The tokenizer files of a Hugging Face folder: `tokenizer.json`, `tokenizer_config.json`, `special_tokens_map.json`. */
import type { Vocabulary } from "../../tokens/index.js";

export interface TokenizerSettings {
  readonly vocabulary: Vocabulary;
  readonly lowercase: boolean;
  /** Longest sequence, special tokens included. */
  readonly maxLength: number;
}

const SPECIAL = {
  unk_token: "[UNK]",
  sep_token: "[SEP]",
  pad_token: "[PAD]",
  cls_token: "[CLS]",
  mask_token: "[MASK]",
} as const;

type Json = Readonly<Record<string, unknown>>;

/** The serialization of a `BertTokenizerFast` (tokenizers 0.23, version 1.0). */
export function tokenizerJson({ vocabulary, lowercase }: TokenizerSettings): Json {
  const id = (token: string): number => vocabulary.idOf.get(token)!;
  const special = (token: string, type_id: number): Json => ({ SpecialToken: { id: token, type_id } });
  const sequence = (name: "A" | "B", type_id: number): Json => ({ Sequence: { id: name, type_id } });
  const single = [special("[CLS]", 0), sequence("A", 0), special("[SEP]", 0)];
  const added = Object.values(SPECIAL)
    .filter((token) => vocabulary.idOf.has(token))
    .sort((a, b) => id(a) - id(b));
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: added.map((content) => ({
      id: id(content),
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: {
      type: "BertNormalizer",
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase,
    },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: {
      type: "TemplateProcessing",
      single,
      pair: [...single, sequence("B", 1), special("[SEP]", 1)],
      special_tokens: Object.fromEntries(
        ["[CLS]", "[SEP]"].map((token) => [token, { id: token, ids: [id(token)], tokens: [token] }]),
      ),
    },
    decoder: { type: "WordPiece", prefix: "##", cleanup: true },
    model: {
      type: "WordPiece",
      unk_token: "[UNK]",
      continuing_subword_prefix: "##",
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(vocabulary.tokens.map((token, index) => [token, index])),
    },
  };
}

export function tokenizerConfig({ lowercase, maxLength }: TokenizerSettings): Json {
  return {
    tokenizer_class: "BertTokenizer",
    do_lower_case: lowercase,
    do_basic_tokenize: true,
    tokenize_chinese_chars: true,
    strip_accents: null,
    model_max_length: maxLength,
    clean_up_tokenization_spaces: true,
    ...SPECIAL,
  };
}

export function specialTokensMap(): Json {
  return SPECIAL;
}
