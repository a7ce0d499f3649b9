export type {
  Entity,
  EntityExample,
  Example,
  LabelExample,
  ReadingProblem,
  ReadingReason,
} from "./example.js";
export { EXAMPLE_FORMATS, type ExampleFormat, readExamples, readSources } from "./readers/read-examples.js";
export { readTexts } from "./readers/label-lines.js";
export type { ReadOptions, ReadResult } from "./readers/reading.js";
export {
  type Chunk,
  type DecodedTags,
  decodeTags,
  encodeTags,
  inferScheme,
  TAG_SCHEMES,
  type TagScheme,
} from "./tags.js";
export { basicWords } from "./basic-words.js";
export {
  type Coverage,
  chunksToEntities,
  chunkWords,
  proveCoverage,
  type WordChunks,
  wordsOf,
} from "./word-chunks.js";
export { type BootstrapOptions, bootstrapIntervals, type Interval } from "./scorers/bootstrap.js";
export {
  type ConllevalOptions,
  type ConllevalResult,
  type ConllevalRow,
  conlleval,
  pairSentences,
} from "./scorers/conlleval.js";
export { type EntityScores, type EntitySet, type IntervalRates, scoreEntities } from "./scorers/entities.js";
export { type LabelledItem, type LabelScores, scoreLabels } from "./scorers/labels.js";
export { type Rates, ratesOf } from "./scorers/rates.js";
export { type PhiCategory, PHI_CATEGORIES, phiCategory } from "./phi-categories.js";
export {
  FOLDER_FORMATS,
  type FormatOptions,
  type FormattedExamples,
  type FormattedFile,
  formatExamples,
  WRITTEN_FORMATS,
  type WrittenFormat,
} from "./writers/format-examples.js";
export { predictedExamples } from "./writers/predicted-examples.js";
export { type DeidDocument, type DeidMeasure, deidDocument, type PhiTag, scoreDeid } from "./scorers/deid.js";
export { type ConceptScores, scoreConcepts } from "./scorers/i2b2-concepts.js";
export { type SeqevalOptions, type SeqevalResult, seqeval } from "./scorers/seqeval.js";
export { STRICT_SCHEMES, type StrictScheme } from "./scorers/seqeval-schemes.js";
export {
  type FileScores,
  METRICS,
  type Metric,
  type ScoreFilesOptions,
  scoreFiles,
} from "./scorers/score-files.js";
export {
  type DeidRecall,
  type MeasuredRecall,
  measureRecall,
  RECALL_FILE,
  recallLines,
  writeRecall,
} from "./deid/deid-recall.js";
export {
  DEFAULT_THRESHOLD,
  type DeidentifiedNote,
  type DeidentifyOptions,
  type DeidModel,
  deidentify,
  NO_DETERMINATION,
  type NoteToDeidentify,
  type PhiModel,
  openDeidModel,
  REPLACEMENTS,
  type Replacement,
  replacePhi,
} from "./deid/deidentify.js";
export { type PhiClasses, type PhiSpan, phiClasses } from "./deid/find-phi.js";
export { type SurrogateRequest, Surrogates } from "./deid/surrogates.js";
export type { NoteTagger } from "./note-tagger.js";
export { openNoteTagger } from "./open-note-tagger.js";
export { readModelShapeFile } from "./read-model-shape.js";
export { classifyNotes, type SentenceReading, sentenceReading } from "./sentence-reading.js";
export * from "./finetuning/index.js";
