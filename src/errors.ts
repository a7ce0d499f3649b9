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
  // sections
  // spacy
  SPACY_NOT_A_PIPELINE: {
    meaning: "A path is not a saved spaCy pipeline: neither its folder nor an archive (.tar.gz, .whl) of it.",
    remedy: "Name the folder that holds meta.json and tokenizer, or the archive as it was published.",
  },
  SPACY_MISSING_FILE: {
    meaning: "A file that the pipeline's configuration asks for is not there.",
    remedy: "Download the pipeline again.",
  },
  SPACY_CORRUPT: {
    meaning: "A file of a spaCy pipeline is cut short or holds something else than its format says.",
    remedy: "Download the pipeline again.",
  },
  SPACY_UNSUPPORTED: {
    meaning: "A spaCy pipeline has a version, language, component or architecture that is not implemented.",
    remedy: "Use a pipeline of spaCy 3.x (or 2.0) with the architectures that docs/spacy.md lists.",
  },
  SPACY_TEXT_TOO_LONG: {
    meaning: "A text is longer than spaCy's limit, where the published script loses the note.",
    remedy: "Split the note into sections first, or use the pipeline without the rules alsentzer2019.",
  },
  SPACY_REGEX: {
    meaning: "A regular expression of a tokenizer file cannot be said in JavaScript.",
    remedy: "Report the pipeline's name and version.",
  },
  // sentences
  // corpus
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
