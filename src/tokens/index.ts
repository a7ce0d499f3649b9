export { type InferredCase, inferCase } from "./case-inference.js";
export { DIALECTS, type Dialect } from "./dialect.js";
export {
  type ExtendedVocabulary,
  type ExtendVocabularyOptions,
  extendVocabulary,
} from "./extend-vocabulary.js";
export type { Encoding } from "./encoding.js";
export { PieceSink } from "./piece-sink.js";
export type { AddedToken } from "./text-segments.js";
export {
  type TrainedVocabulary,
  type TrainVocabularyOptions,
  trainVocabulary,
} from "./train-vocabulary.js";
export {
  CALL_DEFAULTS,
  type CallDefaults,
  type OpenedTokenizer,
  type OpenTokenizerOptions,
  TOKENIZER_FILES,
  type TokenizerFileName,
  type TokenizerFiles,
  tokenizerFilesOf,
  tokenizerFromFiles,
} from "./tokenizer-files.js";
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
export {
  type AuditedPiece,
  DEFAULT_VOCABULARY_PRIVACY,
  NO_VOCABULARY_PRIVACY,
  type VocabularyPrivacy,
} from "./vocabulary-privacy.js";
export { countLine, type WordCount, WordCounter, type WordCounterOptions } from "./word-counts.js";
