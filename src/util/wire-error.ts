/** @file Errors on their way between threads: a `ClinicalBertError` keeps its code; a foreign error loses its message, which may quote a note. */
import { ClinicalBertError, type ErrorCode, type ErrorDetails, internalError } from "../errors.js";

/** Plain data that survive `postMessage`. */
export type WireError =
  | {
      readonly known: true;
      readonly code: ErrorCode;
      readonly message: string;
      readonly remedy: string;
      readonly details: ErrorDetails;
    }
  | { readonly known: false; readonly name: string; readonly frames: string };

export function toWireError(error: unknown): WireError {
  if (error instanceof ClinicalBertError) {
    const { code, remedy, details } = error;
    // The constructor appends the remedy; it comes back when the error is made again.
    return { known: true, code, message: error.message.slice(0, -remedy.length - 1), remedy, details };
  }
  return {
    known: false,
    name: error instanceof Error ? error.name : typeof error,
    frames: stackFrames(error),
  };
}

export function fromWireError(wire: WireError): ClinicalBertError {
  if (wire.known)
    return new ClinicalBertError(wire.code, wire.message, { remedy: wire.remedy, details: wire.details });
  const error = internalError(`a ${wire.name} was thrown in a worker thread.`);
  error.stack = `${error.stack?.split("\n")[0]}\n${wire.frames}`;
  return error;
}

/** The stack of an error without its message. */
export function stackFrames(error: unknown): string {
  if (!(error instanceof Error)) return "";
  return (error.stack ?? "")
    .split("\n")
    .filter((line) => /^ {4}at /.test(line))
    .join("\n");
}
