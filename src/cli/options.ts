/** @file Parsers of command-line values: numbers in a range, choices. Each refuses with the flag, the value and what is allowed. */
import { InvalidArgumentError } from "commander";
import { ClinicalBertError } from "../errors.js";

export function wholeNumber(low: number, high = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < low || value > high)
      throw new InvalidArgumentError(
        high === Number.MAX_SAFE_INTEGER
          ? `A whole number of at least ${low} is needed.`
          : `A whole number from ${low} to ${high} is needed.`,
      );
    return value;
  };
}

export function numberBetween(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === "" || !(value >= low && value <= high))
      throw new InvalidArgumentError(`A number from ${low} to ${high} is needed.`);
    return value;
  };
}

/** One of a few words. */
export function oneOf<T extends string>(choices: readonly T[]): (text: string) => T {
  return (text) => {
    const choice = choices.find((each) => each === text);
    if (choice === undefined) throw new InvalidArgumentError(`It must be one of ${choices.join(", ")}.`);
    return choice;
  };
}

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
export function byteSize(text: string): number {
  const match = /^(\d{1,15}(?:\.\d{1,6})?)(ki|mi|gi|k|m|g|)b?$/i.exec(text);
  const bytes = match === null ? Number.NaN : Math.round(Number(match[1]) * UNITS[match[2]!.toLowerCase()]!);
  if (!Number.isSafeInteger(bytes))
    throw new InvalidArgumentError("A size such as 500, 20MB or 1.5GB is needed.");
  return bytes;
}

/** A value that must be one of a list; undefined stays undefined. */
export function requireOneOf<T extends string>(
  flag: string,
  value: string | undefined,
  allowed: readonly T[],
): T | undefined {
  const found = allowed.find((each) => each === value);
  if (value !== undefined && found === undefined)
    throw new ClinicalBertError("USAGE", `${flag} is "${value}"; it must be one of ${allowed.join(", ")}.`);
  return found;
}
