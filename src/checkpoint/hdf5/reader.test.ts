import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { memorySource } from "../../util/byte-source.js";
import { readHdf5 } from "./reader.js";

const KERAS = new URL("../../../test/oracle/checkpoints/keras/", import.meta.url);
const load = (name: string): Buffer => readFileSync(new URL(name, KERAS));
const open = (bytes: Buffer) => readHdf5(memorySource(bytes, "a.h5"));

/** `bytes` with a number of eight bytes at `position`. */
function withNumber(bytes: Buffer, position: number, value: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeBigUInt64LE(BigInt(value), position);
  return copy;
}

/** Where the header of the root group says that its tree and its heap are: the first symbol table message. */
const ROOT = 64;

describe("an HDF5 file", () => {
  it.each([
    ["gzip", /compressed|chunks/],
    ["soft-link", /links to other places/],
    ["external-link", /1.8's own kind/],
    ["external-data", /other files/],
    ["text", /type of class 3/],
    ["big-endian", /type of class 1/],
    ["latest", /superblock of version/],
  ])("with what is not read is refused by name: %s", async (name, what) => {
    await expect(open(load(`refused-${name}.h5`))).rejects.toMatchObject({
      code: "CHECKPOINT_UNSUPPORTED",
      message: expect.stringMatching(what),
      details: { path: "a.h5" },
    });
  });

  it("that goes round in a circle is damaged", async () => {
    const bytes = load("odd.h5");
    const root = Number(bytes.readBigUInt64LE(ROOT));
    const leaf = bytes.indexOf("SNOD");
    // The first member of a group is the root itself.
    await expect(open(withNumber(bytes, leaf + 8 + 8, root))).rejects.toMatchObject({
      code: "CHECKPOINT_DAMAGED",
      message: expect.stringContaining("read already"),
    });
  });

  it("cut short anywhere is refused, with the place", async () => {
    const bytes = load("odd.h5");
    for (let length = 0; length < bytes.length; length += 997)
      await expect(open(bytes.subarray(0, length))).rejects.toMatchObject({
        code: expect.stringMatching(/CHECKPOINT_DAMAGED|FILE_TRUNCATED/),
      });
  });
});
