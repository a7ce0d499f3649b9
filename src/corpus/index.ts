/** @file The `format` stage for Node: notes to corpus files with their manifest. */
export type { CorpusCounts } from "./format-batch.js";
export { type FormatCorpusOptions, formatCorpus } from "./format-corpus.js";
export type { CorpusManifest, ManifestFile } from "./manifest.js";
export { openFastSplitter } from "./open-fast-splitter.js";
