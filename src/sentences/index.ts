/** @file Sentences: the interface, the embedded splitter, and sentences of a whole note. */
export { sectionTexts, splitNoteSentences, splitSection } from "./note-sentences.js";
export { createRuleSentenceSplitter } from "./rule-splitter.js";
export type { Sentence, SentenceSplitter, SplitText } from "./sentence.js";
export { splitAhead } from "./split-ahead.js";
