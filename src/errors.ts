/** @file The one error class of the package and the catalogue of its stable codes. Not a place for texts of notes. */

/** What a code means and what its reader can do about it; `docs/errors.md` repeats the catalogue line for line. */
interface ErrorEntry {
  readonly meaning: string;
  readonly remedy: string;
}

/**
 * Every code that a `ClinicalBertError` can have. A code never changes its meaning; programs may switch on it.
 * One region per folder, so that a new code has its place.
 */
export const ERROR_CATALOGUE = {
  // general
  USAGE: {
    meaning: "The command line names an unknown flag, command or value.",
    remedy: "Read the command's --help.",
  },
  INTERNAL: {
    meaning: "A bug in clinicalbert itself, not in its input.",
    remedy: "Report it with the version and the command, without any note.",
  },
  ABORTED: {
    meaning: "The work was stopped by a signal or by its caller.",
    remedy: "Start the same command again: finished parts are kept.",
  },
  // util
  FILE_NOT_FOUND: {
    meaning: "A named file or folder does not exist.",
    remedy: "Check the path.",
  },
  FILE_ACCESS: {
    meaning: "A file or folder cannot be read or written with the permissions of this process.",
    remedy: "Change the permissions, or choose another folder.",
  },
  DISK_FULL: {
    meaning: "The disk is full, or a quota is reached; nothing was written under the final name.",
    remedy: "Free space, or write to another disk, then start again.",
  },
  WORKER_FAILED: {
    meaning: "A worker thread ended before it finished its work.",
    remedy: "Start again; if it happens twice, use fewer threads (memory) or report it.",
  },
  // notes
  NOTES_FORMAT: {
    meaning: "A source of notes is of no known format.",
    remedy: "Rename it, or name its format.",
  },
  NOTES_COLUMNS: {
    meaning: "A table of notes lacks a column that is needed.",
    remedy: "Name the columns, for example --columns text=NOTE,id=KEY.",
  },
  NOTES_MALFORMED: {
    meaning: "A row of a source cannot be read as a note, and reading was to be strict.",
    remedy: "Repair the row, or read without --strict to leave malformed rows out and count them.",
  },
  NOTES_DAMAGED: {
    meaning: "A file of notes is cut off or damaged as a whole.",
    remedy: "Copy or download the file again and compare its checksum.",
  },
  // sections
  SECTIONS_REFUSED: {
    meaning: "A rule set refuses a note: the published script raises an exception there.",
    remedy: "Use the rule set corrected, which splits every note.",
  },
  SECTION_CATEGORIES: {
    meaning: "A file of section categories does not have the documented form.",
    remedy: "Correct the named place; docs/formats-notes.md describes the file.",
  },
  // spacy
  // sentences
  // corpus
  CORPUS_EMPTY_NOTE: {
    meaning: "A note has no sentence.",
    remedy: "Nothing is to be done; the note is named so that counts agree.",
  },
  CORPUS_CHANGED: {
    meaning: "A stopped format run cannot go on, because its notes have changed since.",
    remedy: "Choose another output folder, or remove this one with clinicalbert purge, and start again.",
  },
  CORPUS_CATEGORIES: {
    meaning: "The notes have too many categories for one file each.",
    remedy: "Write one file with --one-file, or name another column: --columns category=NAME.",
  },
  // tokens
  // instances
  // graph
  // onnx
  // bert
  // runtime
  // checkpoint
  // training
  // pipelines
  // tasks
  // recipes
  // server
  // cli
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERROR_CATALOGUE;

/** Values that name the place of the trouble: file, offset, id, tensor, allowed set. Never text of a note. */
export type ErrorDetails = Readonly<
  Record<string, string | number | boolean | readonly (string | number)[] | null>
>;

export interface ClinicalBertErrorOptions {
  readonly details?: ErrorDetails;
  /** Replaces the catalogue's remedy where a better one is known at the throwing place. */
  readonly remedy?: string;
  readonly cause?: unknown;
}

/**
 * The error of every public function. `message` names the offending value (or id and offsets, never text of a note),
 * the allowed set where there is one, and ends with the remedy.
 */
export class ClinicalBertError extends Error {
  override readonly name = "ClinicalBertError";
  readonly code: ErrorCode;
  readonly details: ErrorDetails;
  readonly remedy: string;

  constructor(code: ErrorCode, message: string, options: ClinicalBertErrorOptions = {}) {
    const remedy = options.remedy ?? ERROR_CATALOGUE[code].remedy;
    super(`${message} ${remedy}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
    this.remedy = remedy;
  }

  /** The wire form used in JSON lines and HTTP answers. */
  toJSON(): { code: ErrorCode; message: string; details: ErrorDetails } {
    return { code: this.code, message: this.message, details: this.details };
  }
}

/** A `ClinicalBertError` for a condition that only a bug in this package can bring about. */
export function internalError(message: string, details: ErrorDetails = {}): ClinicalBertError {
  return new ClinicalBertError("INTERNAL", `internal: ${message}`, { details });
}
