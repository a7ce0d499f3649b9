/** @file The tokenizer of a published model under the call signatures of @huggingface/transformers. */
import { ClinicalBertError } from "../errors.js";
import { Tensor } from "../graph/tensor.js";
import {
  CALL_DEFAULTS,
  type CallDefaults,
  type Encoding,
  type TextOrPair,
  type WordPieceTokenizer,
} from "../tokens/index.js";
import { Callable } from "./callable.js";
import { decodePieces } from "./decode-pieces.js";
import { indexable } from "./indexable.js";

export interface TokenizerCallOptions {
  readonly text_pair?: string | readonly string[] | null;
  readonly padding?: boolean | "max_length";
  readonly add_special_tokens?: boolean;
  readonly truncation?: boolean | null;
  readonly max_length?: number | null;
  /** Tensors by default; `false` gives arrays of numbers. */
  readonly return_tensor?: boolean;
}

export interface BatchEncoding {
  readonly input_ids: Tensor;
  readonly attention_mask: Tensor;
  readonly token_type_ids: Tensor;
}

type Numbers = readonly number[] | readonly (readonly number[])[];

export interface PreTrainedTokenizer {
  (
    text: string | readonly string[],
    options?: TokenizerCallOptions & { readonly return_tensor?: true },
  ): BatchEncoding;
  (
    text: string | readonly string[],
    options: TokenizerCallOptions & { readonly return_tensor: false },
  ): Readonly<Record<keyof BatchEncoding, Numbers>>;
}

/** Calls like `tokenizer(texts, { padding: true, truncation: true })` give int64 tensors [B, S]. */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: instances are callable, see `Callable`
export class PreTrainedTokenizer extends Callable {
  /** The tokenizer itself, with spans and windows. */
  readonly wordpiece: WordPieceTokenizer;
  /** Longest sequence of the model, special tokens included. */
  readonly model_max_length: number;
  readonly mask_token: string;
  readonly mask_token_id: number;
  readonly pad_token: string;
  readonly pad_token_id: number;

  readonly padding_side: "right" | "left";
  readonly truncation_side: "right" | "left";
  readonly #cleanUpSpaces: boolean;

  constructor(wordpiece: WordPieceTokenizer, maxLength: number, calls: CallDefaults = CALL_DEFAULTS) {
    super();
    this.padding_side = calls.paddingSide;
    this.truncation_side = calls.truncationSide;
    this.#cleanUpSpaces = calls.cleanUpSpaces;
    this.wordpiece = wordpiece;
    this.model_max_length = maxLength;
    this.mask_token = wordpiece.specialTokens.mask;
    this.mask_token_id = wordpiece.maskId;
    this.pad_token = wordpiece.specialTokens.padding;
    this.pad_token_id = wordpiece.paddingId;
  }

  _call(text: string | readonly string[], options: TokenizerCallOptions = {}): unknown {
    const { text_pair = null, padding = false, add_special_tokens = true, return_tensor = true } = options;
    const single = typeof text === "string";
    const inputs = pairUp(text, text_pair);
    const limit = Math.min(options.max_length ?? this.model_max_length, this.model_max_length);
    // As in transformers.js: a length without a word about truncation or padding means truncation.
    const truncation = options.truncation ?? (typeof options.max_length === "number" && padding === false);
    const encodings = this.wordpiece.encodeBatch(inputs, {
      addSpecialTokens: add_special_tokens,
      truncation: truncation ? { maxLength: limit, side: this.truncation_side } : null,
      padding:
        padding === false
          ? null
          : { length: padding === "max_length" ? limit : "longest", side: this.padding_side },
    });
    if (return_tensor) {
      const tensors = toTensors(encodings);
      return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, indexable(tensor)]));
    }
    const lists = (pick: (encoding: Encoding) => ArrayLike<number>): Numbers => {
      const rows = encodings.map((encoding) => Array.from(pick(encoding)));
      return single ? rows[0]! : rows;
    };
    return {
      input_ids: lists(({ ids }) => ids),
      attention_mask: lists(({ attentionMask }) => attentionMask),
      token_type_ids: lists(({ typeIds }) => typeIds),
    };
  }

  /** Tokens of a text, without special tokens by default. */
  tokenize(
    text: string,
    { pair = null, add_special_tokens = false }: { pair?: string | null; add_special_tokens?: boolean } = {},
  ): string[] {
    return [
      ...this.wordpiece.encode(pair === null ? text : [text, pair], { addSpecialTokens: add_special_tokens })
        .tokens,
    ];
  }

  /** Ids of a text, with special tokens by default. */
  encode(
    text: string,
    {
      text_pair = null,
      add_special_tokens = true,
    }: { text_pair?: string | null; add_special_tokens?: boolean } = {},
  ): number[] {
    const input: TextOrPair = text_pair === null ? text : [text, text_pair];
    return Array.from(this.wordpiece.encode(input, { addSpecialTokens: add_special_tokens }).ids);
  }

  /** Text of ids; what `clean_up_tokenization_spaces` says where it is left out stands in tokenizer_config.json. */
  decode(
    ids: ArrayLike<number | bigint> | Tensor,
    options: { skip_special_tokens?: boolean; clean_up_tokenization_spaces?: boolean } = {},
  ): string {
    const list = Array.from(ids instanceof Tensor ? (ids.data as ArrayLike<number | bigint>) : ids, Number);
    return decodePieces(this.wordpiece, list, {
      skipSpecial: options.skip_special_tokens ?? false,
      cleanUp: options.clean_up_tokenization_spaces ?? this.#cleanUpSpaces,
    });
  }

  batch_decode(
    batch: Tensor | readonly ArrayLike<number | bigint>[],
    options: Parameters<this["decode"]>[1] = {},
  ): string[] {
    return Array.from(batch as Iterable<Tensor>, (ids) => this.decode(ids, options));
  }
}

/** int64 [B, S]; every encoding must have the same length. */
export function toTensors(
  encodings: readonly Pick<Encoding, "ids" | "typeIds" | "attentionMask">[],
): BatchEncoding {
  const length = encodings[0]!.ids.length;
  if (encodings.some(({ ids }) => ids.length !== length))
    throw new ClinicalBertError("PIPELINE_INPUT", "Texts of different lengths make no tensor.", {
      remedy: "Tokenize them with padding: true and truncation: true.",
    });
  const tensor = (pick: (encoding: (typeof encodings)[number]) => ArrayLike<number>): Tensor => {
    const made = Tensor.zeros("int64", [encodings.length, length]);
    // The low words of the little-endian int64s; the high ones are zero.
    const words = new Int32Array(made.data.buffer);
    for (const [row, encoding] of encodings.entries()) {
      const values = pick(encoding);
      for (let column = 0; column < length; column++) words[2 * (row * length + column)] = values[column]!;
    }
    return made;
  };
  return {
    input_ids: tensor(({ ids }) => ids),
    attention_mask: tensor(({ attentionMask }) => attentionMask),
    token_type_ids: tensor(({ typeIds }) => typeIds),
  };
}

function pairUp(text: string | readonly string[], pair: TokenizerCallOptions["text_pair"]): TextOrPair[] {
  const texts = typeof text === "string" ? [text] : text;
  if (texts.length === 0)
    throw new ClinicalBertError("PIPELINE_INPUT", "An empty list of texts cannot be tokenized.");
  if (pair === null || pair === undefined) return [...texts];
  const pairs = typeof pair === "string" ? [pair] : pair;
  if (pairs.length !== texts.length)
    throw new ClinicalBertError(
      "PIPELINE_INPUT",
      `${texts.length} texts cannot be paired with ${pairs.length}.`,
    );
  return texts.map((first, index) => [first, pairs[index]!]);
}
