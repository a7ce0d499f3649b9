/** @file What a formatted corpus says about itself: counts, rules, versions, keyed hashes. No text of a note. */
import type { DifferenceCounts } from "./differences.js";
import type { CorpusCounts } from "./format-batch.js";

export interface ManifestFile {
  /** Category as the source names it; "" when notes are not divided. */
  readonly category: string;
  /** One sentence a line, a blank line after each note. */
  readonly file: string;
  /** JSON lines `{"id","patientId","sentences"}`, one a note, in the order of `file`. */
  readonly notesFile: string;
  readonly bytes: number;
  /** HMAC-SHA256 of `file` with the run's key (in `corpus.key`). */
  readonly hash: string;
  readonly counts: Readonly<CorpusCounts>;
}

export interface CorpusManifest {
  readonly format: "clinicalbert-corpus";
  readonly version: 1;
  readonly package: string;
  readonly sectionRules: string;
  readonly sentenceSplitter: string;
  readonly byCategory: boolean;
  /** The rule set compared with, and how many notes and sentences it would have changed. */
  readonly diff: string | null;
  readonly differences: Readonly<DifferenceCounts> | null;
  readonly files: readonly ManifestFile[];
  readonly counts: Readonly<CorpusCounts>;
  /** Notes without a line in the corpus, by error code; each is named in `refused.jsonl`. */
  readonly refusedNotes: Readonly<Record<string, number>>;
  /** Malformed rows of the source, by reason; each is named in `refused.jsonl`. */
  readonly refusedRows: Readonly<Record<string, number>>;
  /** Description of the source and its filters, as the caller gave it. */
  readonly source: unknown;
}
