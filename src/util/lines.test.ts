import fc from "fast-check";
import { expect, test } from "vitest";
import { readLines } from "./lines.js";

async function linesOf(chunks: readonly Uint8Array[]): Promise<(string | null)[]> {
  async function* stream() {
    yield* chunks;
  }
  const lines: (string | null)[] = [];
  for await (const { text, number } of readLines(stream())) {
    expect(number).toBe(lines.length + 1);
    lines.push(text);
  }
  return lines;
}

test("lines do not depend on how the bytes are cut into chunks", async () => {
  const text = fc.string({ unit: fc.constantFrom("a", "\n", "\r", "é", "漢", "𝄞", " "), maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(text, fc.array(fc.nat(80), { maxLength: 8 }), async (whole, cuts) => {
      const bytes = Buffer.from(whole);
      const edges = [
        0,
        ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b),
        bytes.length,
      ];
      const chunks = edges.slice(1).map((edge, index) => bytes.subarray(edges[index]!, edge));
      const expected = whole.split("\n");
      if (expected.at(-1) === "") expected.pop();
      expect(await linesOf(chunks)).toEqual(expected);
    }),
  );
});

test("a line that is not UTF-8 is null, its neighbours are read", async () => {
  const bytes = Buffer.concat([Buffer.from("a\n"), Buffer.from([0xc3, 0x28, 0x0a]), Buffer.from("b")]);
  expect(await linesOf([bytes])).toEqual(["a", null, "b"]);
});

test("chunks that the stream reuses for its next bytes are copied", async () => {
  const buffer = Buffer.from("ab");
  async function* stream() {
    yield buffer;
    buffer.write("c\n");
    yield buffer;
  }
  const lines = [];
  for await (const { text } of readLines(stream())) lines.push(text);
  expect(lines).toEqual(["abc"]);
});

test("an empty stream has no lines", async () => {
  expect(await linesOf([])).toEqual([]);
  expect(await linesOf([new Uint8Array(0)])).toEqual([]);
});
