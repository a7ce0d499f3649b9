/** @file What every reader of a task gives, whatever file it came from. Type definitions only. */
import type { Span } from "../notes/span.js";

/** A labelled stretch of an example's text. */
export interface Entity {
  /** Name in the source (brat `T3`), where it has one. */
  readonly id?: string;
  readonly label: string;
  /** Fragments in text order, half-open, UTF-16 units of `text`; one unless the source marks a discontinuous entity. */
  readonly spans: readonly Span[];
}

/** A text with marked entities: a sentence where the format has sentences, else a whole note. */
export interface EntityExample {
  readonly kind: "entities";
  /** Unique in its data set, and stable from run to run. */
  readonly id: string;
  /** The document it is part of; splits never cut one. */
  readonly documentId: string;
  /** The patient, where the source tells; splits by patient never cut one. */
  readonly patientId?: string;
  readonly text: string;
  /** Words as the format delimits them (CoNLL columns, i2b2 2010 tokens); without them the trainer splits at BERT's basic tokens. */
  readonly words?: readonly Span[];
  /** Sentences as the format delimits them; without them the trainer splits sentences itself. */
  readonly sentences?: readonly Span[];
  readonly entities: readonly Entity[];
}

/** One text or a pair of texts with one label (NLI: premise, hypothesis; classification: one text). */
export interface LabelExample {
  readonly kind: "label";
  readonly id: string;
  readonly documentId: string;
  readonly patientId?: string;
  readonly text: string;
  /** The second text of a pair (the hypothesis). */
  readonly pair?: string;
  readonly label: string;
}

export type Example = EntityExample | LabelExample;

/** Something that a reader could not carry over as it stands; ids and offsets, never text. */
export interface ReadingProblem {
  readonly exampleId: string;
  readonly entityId?: string;
  /** UTF-16 units in the example's text. */
  readonly span?: Span;
  /** A stable word: "discontinuous", "nested", "overlapping", "cuts-word", "text-mismatch", … */
  readonly reason: string;
}
