/** @file What every reader of a task gives, whatever file it came from. Type definitions only. */
import type { Span } from "../notes/span.js";

/** A labelled stretch of an example's text. */
export interface Entity {
  /** Name in the source (brat `T3`), where it has one. */
  readonly id?: string;
  readonly label: string;
  /** The coarser class above `label`, where the format has two (i2b2 2014: `NAME` above `PATIENT`). */
  readonly category?: string;
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
  /** Where it stands in the source. */
  readonly file?: string;
  /** From 1. */
  readonly line?: number;
  readonly reason: ReadingReason;
}

/**
 * `discontinuous`: several fragments. `nested`, `overlapping`, `duplicate`: against an entity before it. `cuts-word`: begins or ends
 * within a word. `no-word`: covers none. `text-mismatch`: the quoted text is not at the offsets nor near them; the entity
 * was left out. `moved`: it is near them; the entity was put there. `outside-text`: the offsets are outside; left out.
 * `offset-unit`: the offsets of the whole document count something else than the format says (bytes, CRLF as one, …).
 * `empty-span`: left out. `duplicate-id`: the example got another id. `no-label`: an example without one (SNLI's `-`), left out.
 * `rejected`: the annotator rejected or skipped it, left out. `orphan-inside`: an `I-` tag that no tag of its class precedes.
 * `no-document-marks`: each sentence counts as a document of its own. `bare-ampersand`: `&` in XML, read as it stands.
 * `mended-tag`: the known wrong tag of the i2b2 2006 training file, read as its users mend it.
 * `crosses-sentence`: a format of sentences gets one entity for each. `unpaired`: a text without an annotation file; read as a text without entities.
 */
export type ReadingReason =
  | "discontinuous"
  | "nested"
  | "overlapping"
  | "duplicate"
  | "cuts-word"
  | "no-word"
  | "text-mismatch"
  | "moved"
  | "outside-text"
  | "offset-unit"
  | "empty-span"
  | "duplicate-id"
  | "no-label"
  | "rejected"
  | "orphan-inside"
  | "no-document-marks"
  | "bare-ampersand"
  | "mended-tag"
  | "unpaired"
  | "crosses-sentence";
