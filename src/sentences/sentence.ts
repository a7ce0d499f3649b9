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
  /** Its sentences are the lines of a published corpus, blank ones included, and are written as they are. */
  readonly verbatim?: boolean;
  /** What makes two splitters of one name differ (pipeline, version, rules), for manifests and restarts. */
  readonly identity?: string;
  /** What a user should know of where its sentences come from, such as what could not be proved. */
  readonly provenance?: string;
}
