import { createRequire } from "node:module";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inflateSnappy } from "./snappy.js";

/** An independent implementation, without types. */
const { compress } = createRequire(import.meta.url)("snappyjs") as {
  compress(bytes: Uint8Array): Uint8Array;
};

const malformed = (what: string, offset: number): Error => new Error(`${what} at ${offset}`);
const inflate = (bytes: Uint8Array): Uint8Array => inflateSnappy(bytes, 1 << 20, malformed);

describe("snappy", () => {
  it("gives back what snappyjs compressed", () => {
    const repetitive = fc
      .array(fc.tuple(fc.uint8Array({ maxLength: 40 }), fc.nat(30)), { maxLength: 40 })
      .map((runs) =>
        Buffer.concat(runs.flatMap(([bytes, times]) => new Array<Uint8Array>(times).fill(bytes))),
      );
    fc.assert(
      fc.property(repetitive, (bytes) => {
        expect(Buffer.compare(inflate(compress(bytes)), bytes)).toBe(0);
      }),
    );
    const large = Buffer.alloc(300_000, "a long literal is cut into blocks of 64 KiB; ");
    expect(Buffer.compare(inflate(compress(large)), large)).toBe(0);
  });

  it("knows literals with lengths of their own, and copies that overlap themselves", () => {
    const literal = Buffer.alloc(300, "x");
    expect(inflate(Buffer.concat([Buffer.from([0xac, 0x02, 61 << 2, 0x2b, 0x01]), literal]))).toEqual(
      new Uint8Array(literal),
    );
    // "ab", then six bytes from two back.
    expect(Buffer.from(inflate(Buffer.from([8, 1 << 2, 97, 98, (5 << 2) | 2, 2, 0]))).toString()).toBe(
      "abababab",
    );
  });

  it.each([
    ["a length beyond the limit", [0xff, 0xff, 0xff, 0x7f], /announce/],
    ["a length that no input of this size can have", [0x80, 0x08, 0, 97], /announce/],
    ["a literal after the end", [2, 3 << 2, 97], /too early/],
    ["a literal past the announced length", [1, 1 << 2, 97, 98], /passes the end/],
    ["a copy from before the start", [8, 0, 97, (5 << 2) | 2, 9, 0], /outside/],
    ["a copy of distance zero", [8, 0, 97, (5 << 2) | 2, 0, 0], /outside/],
    ["less than announced", [8, 0, 97], /give 1 of 8/],
  ])("refuses %s", (_, bytes, message) => {
    expect(() => inflate(Uint8Array.from(bytes))).toThrow(message);
  });

  it("refuses or inflates any bytes, and never more than announced", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          expect(inflate(bytes).length).toBeLessThanOrEqual(64 * 64);
        } catch (error) {
          expect((error as Error).message).toMatch(/Snappy/);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
