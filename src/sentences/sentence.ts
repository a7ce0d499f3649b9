/** @file A sentence of a note, and the interface of every sentence splitter. */
import type { ClinicalBertError } from "../errors.js";
import type { Span } from "../notes/span.js";

export interface Sentence {
  /** The sentence on one line: white-space runs that hold a line break become one space. */
  readonly text: string;
  /** The characters of the note that it came from: half-open UTF-16 ranges, in order. */
  readonly spans: readonly Span[];
}

/** What becomes of a text among others. */
export type SplitText = Sentence[] | ClinicalBertError;

/** Splits one section's text into sentences. Spans are relative to that text. */
export interface SentenceSplitter {
  readonly name: "rules" | "spacy";
  split(text: string): Sentence[];
  /**
   * The same for several texts, in their order, by a splitter that is faster on many together; what `split` would throw for a text stands in
   * its place. Calls wait for one another; `split` must not be called until they are done.
   */
  splitMany?(texts: readonly string[]): Promise<SplitText[]>;
  /** Frees what is not the collector's. */
  dispose?(): Promise<void>;
  /** Its sentences are the lines of a published corpus, blank ones included, and are written as they are. */
  readonly verbatim?: boolean;
  /** What makes two splitters of one name differ (pipeline, version, rules), for manifests and restarts. */
  readonly identity?: string;
  /** What a user should know of where its sentences come from, such as what could not be proved. */
  readonly provenance?: string;
}
