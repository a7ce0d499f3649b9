/** @file spaCy pipelines without Python: loading them, and their words, trees and sentences. */
export { findPlaceholders, mergePlaceholders, presetSentences } from "./alsentzer2019.js";
export { type LoadSpacyOptions, loadSpacyPipeline } from "./load-pipeline.js";
export type { MatrixProduct, OutsideArithmetic } from "./matrix-product.js";
export type { ParsedText, ParseOptions, SpacyPipeline } from "./pipeline.js";
export type { EditableText } from "./retokenize.js";
