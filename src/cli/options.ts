/** @file Parsers of command-line values: numbers in a range, choices. Each refuses with the flag, the value and what is allowed. */
import { InvalidArgumentError } from "commander";

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
