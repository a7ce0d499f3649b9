import { expect, test } from "vitest";
import { parseBytes, parseWhole } from "./sizes.js";

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
  if (bytes === null) expect(() => parseBytes("--bytes", text)).toThrow(/--bytes is/);
  else expect(parseBytes("--bytes", text)).toBe(bytes);
});

test.each(["-1", "1.5", "", " 1", "0x10", "1e3", "99999999999999999999"])("%j is no whole number", (text) => {
  expect(() => parseWhole("--seed", text)).toThrow(/--seed is .* whole number of at least 0/);
});

test("a range is named in full", () => {
  expect(parseWhole("--n", "7", 1, 9)).toBe(7);
  expect(() => parseWhole("--n", "10", 1, 9)).toThrow("from 1 to 9");
});
