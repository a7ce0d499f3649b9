/** @file Tags of every scheme to chunks, also tags without a class; and the way back. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { conlleval } from "./scorers/conlleval.js";
import { decodeTags, encodeTags, inferScheme, TAG_SCHEMES } from "./tags.js";

const plain = (tags: string) =>
  decodeTags(tags.split(" ")).chunks.map(({ label, start, end }) => `${label} ${start}-${end}`);

describe("tags without a class", () => {
  it.each([
    ["B I I O B B I", ["_ 0-3", "_ 4-5", "_ 5-7"]],
    ["I I O I", ["_ 0-2", "_ 3-4"]],
    ["B I E O S S", ["_ 0-3", "_ 4-5", "_ 5-6"]],
    ["B I L O U U", ["_ 0-3", "_ 4-5", "_ 5-6"]],
  ])("%s are entities of one class", (tags, chunks) => {
    expect(plain(tags)).toEqual(chunks);
  });

  it("tell their scheme", () => {
    expect(inferScheme([["B", "I", "O"]])).toBe("iob2");
    expect(inferScheme([["B", "E", "S"]])).toBe("bioes");
    expect(inferScheme([["I", "B", "O"]])).toBe("iob1");
  });

  it("are not bare labels of several letters", () => {
    expect(plain("PER PER O BI")).toEqual(["PER 0-2", "BI 3-4"]);
  });
});

describe("chunks", () => {
  // With `E` and `S` they are not: to conlleval, a `B` after an `E` of its class begins nothing.
  it("are as many as conlleval finds, whatever the order of B and I", () => {
    const tag = fc.constantFrom("O", "B-X", "I-X", "B-Y", "I-Y", "B", "I");
    fc.assert(
      fc.property(fc.array(tag, { minLength: 1, maxLength: 8 }), (tags) => {
        const { overall } = conlleval(tags.map((text) => ["word", text, text] as const));
        expect(decodeTags(tags).chunks).toHaveLength(overall.gold);
      }),
      { numRuns: 300, seed: 3 },
    );
  });

  it("come back from every scheme", () => {
    const chunk = fc.record({
      gap: fc.nat(2),
      length: fc.integer({ min: 1, max: 3 }),
      label: fc.constantFrom("X", "_"),
    });
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 5 }), fc.constantFrom(...TAG_SCHEMES), (pieces, scheme) => {
        let at = 0;
        const chunks = pieces.map(({ gap, length, label }) => {
          // IO cannot part two chunks of one class that touch.
          const start = at + gap + (scheme === "io" ? 1 : 0);
          at = start + length;
          return { label, start, end: at };
        });
        expect(decodeTags(encodeTags(at, chunks, scheme)).chunks).toEqual(chunks);
      }),
      { numRuns: 300, seed: 4 },
    );
  });
});
