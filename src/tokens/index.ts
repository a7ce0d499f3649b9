export { type InferredCase, inferCase } from "./case-inference.js";
export { DIALECTS, type Dialect } from "./dialect.js";
export type { Encoding } from "./encoding.js";
export { PieceSink } from "./piece-sink.js";
export type { AddedToken } from "./text-segments.js";
export type { TruncationOptions, TruncationStrategy } from "./truncation.js";
export { createVocabulary, formatVocabulary, loadVocabulary, type Vocabulary } from "./vocabulary.js";
export {
  BERT_SPECIAL_TOKENS,
  type EncodeOptions,
  type PaddingOptions,
  type SpecialTokens,
  type TextOrPair,
  WordPieceTokenizer,
  type WordPieceTokenizerOptions,
} from "./wordpiece-tokenizer.js";
