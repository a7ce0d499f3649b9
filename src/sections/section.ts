/** @file A section of a note, and the interface of everything that finds sections. */
import type { Span } from "../notes/span.js";

/** The rule sets of this package. `alsentzer2019` is the published script, quirks included. */
export type SectionRules = "corrected" | "alsentzer2019";

export interface Section {
  /** For `corrected` the spans' slices joined by one space; for `alsentzer2019` the script's own string. */
  readonly text: string;
  /** Title and body in order: half-open UTF-16 ranges of the note. */
  readonly spans: readonly Span[];
  /** The heading without its colon, when the section has one. */
  readonly title: Span | null;
  /** Normalised category, e.g. `history_of_present_illness`; `null` when no rule names one. */
  readonly category: string | null;
}

/** Splits the text of one note; throws `ClinicalBertError` for a note that the rule set refuses. */
export interface SectionSplitter {
  readonly rules: SectionRules;
  split(text: string): Section[];
}
