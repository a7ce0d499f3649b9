import { expect, test } from "vitest";
import { createWords, philox } from "./counter-random.js";

/** Known answers of the authors' Random123 library (kat_vectors, philox4x32 10). */
test.each([
  [
    [0, 0],
    [0, 0, 0, 0],
    [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
  ],
  [
    [-1, -1],
    [-1, -1, -1, -1],
    [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  ],
  [
    [0xa4093822, 0x299f31d0],
    [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  ],
])("philox4x32-10 gives the published answers (%j, %j)", (key, counter, expected) => {
  const out = new Uint32Array(4);
  philox(key as [number, number], counter as [number, number, number, number], out);
  expect([...out]).toEqual(expected);
});

test("a stream is a function of seed and place alone", () => {
  const first = createWords(1, 7, [3, 0, 0]);
  const again = createWords(1, 7, [3, 0, 0]);
  const other = createWords(1, 7, [4, 0, 0]);
  const words = Array.from({ length: 9 }, first);
  expect(Array.from({ length: 9 }, again)).toEqual(words);
  expect(Array.from({ length: 9 }, other)).not.toEqual(words);
});
