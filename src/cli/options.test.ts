import { expect, test } from "vitest";
import { byteSize, numberBetween, wholeNumber } from "./options.js";

test.each([
  ["0", 0],
  ["500", 500],
  ["20MB", 20e6],
  ["20m", 20e6],
  ["1.5GB", 1.5e9],
  ["64MiB", 64 * 2 ** 20],
  ["2Gi", 2 ** 31],
  ["3 kB", null],
  ["-1", null],
  ["1e9", null],
  ["", null],
  ["MB", null],
  ["99999999999GB", null],
])("%j is %s bytes", (text, bytes) => {
  if (bytes === null) expect(() => byteSize(text)).toThrow(/A size such as/);
  else expect(byteSize(text)).toBe(bytes);
});

test.each(["-1", "1.5", "", " 1", "0x10", "1e3", "99999999999999999999"])("%j is no whole number", (text) => {
  expect(() => wholeNumber(0)(text)).toThrow(/whole number of at least 0/);
});

test("ranges are closed and named in full", () => {
  expect(wholeNumber(1, 9)("9")).toBe(9);
  expect(() => wholeNumber(1, 9)("10")).toThrow("from 1 to 9");
  expect(numberBetween(0, 1)("0.25")).toBe(0.25);
  for (const text of ["", " ", "x", "1.01", "-0.1", "NaN"])
    expect(() => numberBetween(0, 1)(text), text).toThrow("from 0 to 1");
});
