/** @file Reads a whole number of a command line where it depends on other flags; `options.ts` has the parsers for fixed ranges. */
import { ClinicalBertError } from "../errors.js";

/** A whole number in [low, high]; throws `USAGE` naming the flag. */
export function parseWhole(flag: string, text: string, low = 0, high = Number.MAX_SAFE_INTEGER): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value) && value >= low && value <= high) return value;
  throw new ClinicalBertError(
    "USAGE",
    `${flag} is "${text}"; it must be a whole number ${high === Number.MAX_SAFE_INTEGER ? `of at least ${low}` : `from ${low} to ${high}`}.`,
  );
}
