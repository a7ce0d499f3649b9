/** @file The one error class of the package. Not a place for texts of notes. */
import { ERROR_CATALOGUE } from "./error-catalogue.js";

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
