/** @file A sentence of a note, and the interface of every sentence splitter. */
import type { Span } from "../notes/span.js";

export interface Sentence {
  /** The sentence on one line: white-space runs that hold a line break become one space. */
  readonly text: string;
  /** The characters of the note that it came from: half-open UTF-16 ranges, in order. */
  readonly spans: readonly Span[];
}

/** Splits one section's text into sentences. Spans are relative to that text. */
export interface SentenceSplitter {
  readonly name: "rules" | "spacy";
  split(text: string): Sentence[];
}
