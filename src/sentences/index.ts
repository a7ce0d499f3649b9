/** @file Sentences: the interface, the embedded splitter, and sentences of a whole note. */
export { splitNoteSentences, splitSection } from "./note-sentences.js";
export { createRuleSentenceSplitter } from "./rule-splitter.js";
export type { Sentence, SentenceSplitter } from "./sentence.js";
