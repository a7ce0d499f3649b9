/** @file A refusal as a value, for code that works on many things and goes on past those that are refused. */
import { ClinicalBertError } from "../errors.js";

/** What `run` returns, or the `ClinicalBertError` that it throws; other errors are thrown. */
export function orRefusal<T>(run: () => T): T | ClinicalBertError {
  try {
    return run();
  } catch (error) {
    if (error instanceof ClinicalBertError) return error;
    throw error;
  }
}
