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
  // sentences
  // corpus
  // tokens
  VOCABULARY_INVALID: {
    meaning: "A vocabulary has an empty or repeated line, a wrong encoding, or lacks a token that is needed.",
    remedy: "Use the vocab.txt that was published with the model, as UTF-8 and one token a line.",
  },
  TOKENIZER_FILE_INVALID: {
    meaning: "A tokenizer.json or its companion describes something else than a BERT WordPiece tokenizer.",
    remedy: "Use the files of a BERT model, or vocab.txt alone.",
  },
  TRUNCATION_IMPOSSIBLE: {
    meaning: "The truncation asked for cannot reach the length asked for.",
    remedy: "Raise maxLength, lower stride, or use the strategy longest_first.",
  },
  // instances
  CORPUS_INVALID: {
    meaning: "A corpus file is not UTF-8 text of one sentence a line, or holds no sentence.",
    remedy: "Make the corpus with clinicalbert format: one sentence a line, a blank line between documents.",
  },
  INSTANCE_SETTINGS_INVALID: {
    meaning: "A setting of the pretraining instances is outside its range.",
    remedy: "Change the flag that the message names.",
  },
  INSTANCE_FILE_INVALID: {
    meaning:
      "A file of instances is damaged, cut off, or of another kind; the message says which record and which byte.",
    remedy: "Copy or create the file again.",
  },
  INSTANCE_WIDTH: {
    meaning: "The records of a file are wider or narrower than the reader was told.",
    remedy: "Give the flag the width that the file has, or create the file again.",
  },
  // graph
  // onnx
  // bert
  BERT_CONFIG: {
    meaning: "A model configuration lacks a value, or has one that no BERT of this package can have.",
    remedy: "Correct the configuration file, or take the one published with the model.",
  },
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
