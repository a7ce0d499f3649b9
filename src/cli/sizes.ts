/** @file Reads numbers from the command line; refuses everything else by naming the flag. */
import { ClinicalBertError } from "../errors.js";

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  k: 1e3,
  m: 1e6,
  g: 1e9,
  ki: 2 ** 10,
  mi: 2 ** 20,
  gi: 2 ** 30,
};

/** Bytes from `500`, `20MB`, `1.5GB`, `64MiB`. */
export function parseBytes(flag: string, text: string): number {
  const match = /^(\d{1,15}(?:\.\d{1,6})?)(ki|mi|gi|k|m|g|)b?$/i.exec(text.trim());
  const bytes = match === null ? Number.NaN : Math.round(Number(match[1]) * UNITS[match[2]!.toLowerCase()]!);
  if (!Number.isSafeInteger(bytes))
    throw new ClinicalBertError(
      "USAGE",
      `${flag} is "${text}"; it must be a size such as 500, 20MB or 1.5GB.`,
    );
  return bytes;
}

/** A whole number in [low, high]. */
export function parseWhole(flag: string, text: string, low = 0, high = Number.MAX_SAFE_INTEGER): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value) && value >= low && value <= high) return value;
  throw new ClinicalBertError(
    "USAGE",
    `${flag} is "${text}"; it must be a whole number ${high === Number.MAX_SAFE_INTEGER ? `of at least ${low}` : `from ${low} to ${high}`}.`,
  );
}
