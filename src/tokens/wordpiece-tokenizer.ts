/** @file BERT's tokenizer: text to ids, tokens and the places they came from, in either dialect. */
import { ClinicalBertError } from "../errors.js";
import type { Span } from "../notes/span.js";
import { AsciiLines } from "./ascii-lines.js";
import { BYTE } from "./ascii-lines-code.js";
import { assembleEncoding, type EncodedText, padEncoding } from "./assemble-encoding.js";
import { DIALECT_RULES, type Dialect } from "./dialect.js";
import type { Encoding } from "./encoding.js";
import { PieceSink } from "./piece-sink.js";
import {
  type AddedToken,
  findAddedTokens,
  findPlaceholders,
  PLACEHOLDER_STARTS,
  type SegmentFinder,
  segmentText,
} from "./text-segments.js";
import { planWindows, type TruncationOptions } from "./truncation.js";
import { requireToken, type Vocabulary } from "./vocabulary.js";
import { WordPieces } from "./word-pieces.js";

export interface SpecialTokens {
  readonly unknown: string;
  readonly classification: string;
  readonly separator: string;
  readonly padding: string;
  readonly mask: string;
}

export const BERT_SPECIAL_TOKENS: SpecialTokens = {
  unknown: "[UNK]",
  classification: "[CLS]",
  separator: "[SEP]",
  padding: "[PAD]",
  mask: "[MASK]",
};

export interface WordPieceTokenizerOptions {
  /** Default `google`. */
  readonly dialect?: Dialect;
  /** True for uncased models. There is no default: a wrong guess silently spoils every result. */
  readonly lowercase: boolean;
  /** `null` (default) follows `lowercase`. */
  readonly stripAccents?: boolean | null;
  readonly cleanText?: boolean;
  readonly spaceCjk?: boolean;
  readonly maxWordLength?: number;
  readonly specialTokens?: SpecialTokens;
  /** Tokens beside the special ones that raw text may hold whole; `huggingface` dialect only. */
  readonly addedTokens?: readonly AddedToken[];
  /** A token of the vocabulary that stands for each de-identification placeholder. Default: they are text, as published. */
  readonly placeholderToken?: string;
}

export interface PaddingOptions {
  /** Tokens to pad to; `longest` = the longest of the batch. */
  readonly length: number | "longest";
  /** Rounds the length up to a multiple. */
  readonly multipleOf?: number;
  readonly side?: "right" | "left";
}

export interface EncodeOptions {
  /** Default true: `[CLS] a [SEP]`, `[CLS] a [SEP] b [SEP]`. */
  readonly addSpecialTokens?: boolean;
  readonly truncation?: TruncationOptions | null;
  readonly padding?: PaddingOptions | null;
}

export type TextOrPair = string | readonly [first: string, second: string];

export class WordPieceTokenizer {
  readonly vocabulary: Vocabulary;
  readonly options: WordPieceTokenizerOptions;
  readonly specialTokens: SpecialTokens;
  readonly unknownId: number;
  readonly classificationId: number;
  readonly separatorId: number;
  readonly paddingId: number;
  readonly maskId: number;
  /** Words of more code points are unknown. */
  readonly maxWordLength: number;
  /** Special tokens and `addedTokens`, as raw text may hold them. */
  readonly addedTokens: readonly AddedToken[];
  readonly #pieces: WordPieces;
  readonly #finders: readonly SegmentFinder[];
  /** One or two units with which each token begins that a finder finds. */
  readonly #rawTextStarts: readonly string[];

  /** @throws `VOCABULARY_INVALID` when a special token is missing. */
  constructor(vocabulary: Vocabulary, options: WordPieceTokenizerOptions) {
    const dialect = options.dialect ?? "google";
    const special = options.specialTokens ?? BERT_SPECIAL_TOKENS;
    this.vocabulary = vocabulary;
    this.options = options;
    this.specialTokens = special;
    this.unknownId = requireToken(vocabulary, special.unknown);
    this.classificationId = requireToken(vocabulary, special.classification);
    this.separatorId = requireToken(vocabulary, special.separator);
    this.maskId = requireToken(vocabulary, special.mask);
    this.paddingId = requireToken(vocabulary, special.padding);
    this.maxWordLength = options.maxWordLength ?? DIALECT_RULES[dialect].maxWordLength;
    const { maxWordLength } = this;
    this.#pieces = new WordPieces(vocabulary, {
      ...options,
      dialect,
      maxWordLength,
      unknownToken: special.unknown,
    });
    this.addedTokens = withSpecialTokens(vocabulary, special, options.addedTokens ?? []);
    const finders: SegmentFinder[] = [];
    const starts: string[] = [];
    if (DIALECT_RULES[dialect].protectsSpecialTokens) {
      finders.push(findAddedTokens(this.addedTokens, options.lowercase));
      starts.push(...this.addedTokens.map(({ content }) => content.slice(0, 2)));
    }
    if (options.placeholderToken !== undefined) {
      finders.push(findPlaceholders(requireToken(vocabulary, options.placeholderToken)));
      starts.push(...PLACEHOLDER_STARTS);
    }
    this.#finders = finders;
    this.#rawTextStarts = starts;
  }

  /** Appends the ids of `text[from, to)`, without special tokens, to `sink`: the way of the corpus, with nothing allocated. */
  append(text: string, sink: PieceSink, from = 0, to = text.length): void {
    if (this.#finders.every((find) => find(text, from, to) === null)) {
      this.#pieces.append(text, from, to, sink);
      return;
    }
    let words = 0;
    for (const { start, end, id } of segmentText(text, this.#finders, from, to)) {
      if (id === null) {
        words = this.#pieces.append(text, start, end, sink, words);
        continue;
      }
      sink.reserve(1);
      if (sink.positions) {
        sink.starts[sink.length] = start;
        sink.ends[sink.length] = end;
        sink.words[sink.length] = words;
      }
      sink.ids[sink.length++] = id;
      words += 1;
    }
  }

  /** A kernel for lines of ASCII that gives the ids that `append` gives, as numbers of `idBytes`. */
  asciiLines(idBytes: 2 | 4): AsciiLines {
    const words = this.#pieces.asciiWords();
    const starts = this.#rawTextStarts;
    const specials = [this.specialTokens.classification, this.specialTokens.separator];
    // A kernel that meets nothing but bytes that are not for it leaves every line to the caller.
    const isUsable = starts.every(isStop) && !specials.some(isWordOrMark);
    return new AsciiLines(
      isUsable ? words : { ...words, kinds: words.kinds.fill(BYTE.slow) },
      starts,
      idBytes,
    );
  }

  /** Ids of `text` without special tokens. */
  idsOf(text: string): Int32Array {
    const sink = new PieceSink({ positions: false });
    this.append(text, sink);
    return sink.ids.slice(0, sink.length);
  }

  /**
   * Encodes a text or a pair.
   * @throws `TRUNCATION_IMPOSSIBLE` when the strategy cannot reach `maxLength`
   */
  encode(input: TextOrPair, options: EncodeOptions = {}): Encoding {
    const texts = (typeof input === "string" ? [input] : input).map((text) => this.#encodeText(text));
    const addSpecialTokens = options.addSpecialTokens ?? true;
    const specials = addSpecialTokens ? texts.length + 1 : 0;
    const windows = planWindows(
      texts.map((text) => text.ids.length),
      specials,
      options.truncation ?? null,
    );
    const encoding = assembleEncoding(texts, windows, {
      tokens: this.vocabulary.tokens,
      classificationId: addSpecialTokens ? this.classificationId : null,
      separatorId: addSpecialTokens ? this.separatorId : null,
    });
    const padding = options.padding ?? null;
    return padding === null ? encoding : this.#pad(encoding, padding, encoding.ids.length);
  }

  /** Encodes several; `padding.length` "longest" is the longest of them. */
  encodeBatch(inputs: readonly TextOrPair[], options: EncodeOptions = {}): Encoding[] {
    const encodings = inputs.map((input) => this.encode(input, { ...options, padding: null }));
    const padding = options.padding ?? null;
    if (padding === null) return encodings;
    let longest = 0;
    for (const { ids } of encodings) longest = Math.max(longest, ids.length);
    return encodings.map((encoding) => this.#pad(encoding, padding, longest));
  }

  /** Tokens of ids; `VOCABULARY_INVALID` for an id outside the vocabulary. */
  tokensOf(ids: ArrayLike<number>): string[] {
    return Array.from(ids, (id) => {
      const token = this.vocabulary.tokens[id];
      if (token === undefined)
        throw new ClinicalBertError("VOCABULARY_INVALID", `Id ${id} is not in the vocabulary.`, {
          details: { id, size: this.vocabulary.tokens.length },
        });
      return token;
    });
  }

  #encodeText(text: string): EncodedText {
    const sink = new PieceSink({ positions: true });
    this.append(text, sink);
    const spans: Span[] = [];
    for (let index = 0; index < sink.length; index++) spans.push([sink.starts[index]!, sink.ends[index]!]);
    return { ids: sink.ids.slice(0, sink.length), wordIds: sink.words.slice(0, sink.length), spans };
  }

  #pad(encoding: Encoding, padding: PaddingOptions, longest: number): Encoding {
    const wanted = padding.length === "longest" ? longest : padding.length;
    const multiple = padding.multipleOf ?? 1;
    const length = Math.ceil(wanted / multiple) * multiple;
    const pad = { id: this.paddingId, token: this.specialTokens.padding, side: padding.side ?? "right" };
    return padEncoding(encoding, length, pad);
  }
}

/** Begins with an ASCII mark, so that a kernel that looks at marks sees it. */
function isStop(start: string): boolean {
  return /^[!-/:-@[-`{-~]/.test(start);
}

/** May come out of ASCII text that holds no stop. */
function isWordOrMark(token: string): boolean {
  return /^(##)?[A-Za-z0-9]+$|^.$/.test(token);
}

function withSpecialTokens(
  vocabulary: Vocabulary,
  special: SpecialTokens,
  added: readonly AddedToken[],
): AddedToken[] {
  const listed = new Set(added.map(({ content }) => content));
  const missing = Object.values(special).filter((content) => !listed.has(content));
  const specials = missing.map((content) => ({
    id: requireToken(vocabulary, content),
    content,
    special: true,
    normalized: false,
    singleWord: false,
    lstrip: false,
    rstrip: false,
  }));
  return [...specials, ...added];
}
