export type { Sentence, SentenceSplitter } from "./sentence.js";
