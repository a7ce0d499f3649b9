import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DType } from "../../graph/dtype.js";
import { arrayOf } from "../../graph/dtype.js";
import { sizeOf, Tensor } from "../../graph/tensor.js";
import { memorySource } from "../../util/byte-source.js";
import { bytesOf } from "../../util/protobuf.js";
import { SAFETENSORS_DTYPES } from "./header.js";
import { openSafetensors } from "./open-file.js";
import { readSafetensors } from "./reader.js";
import { writeSafetensors } from "./writer.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "safetensors-"));
});
afterAll(() => rm(folder, { recursive: true }));

function file(header: unknown, data: Uint8Array): Uint8Array {
  const text = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, data]);
}

const open = (bytes: Uint8Array) => readSafetensors(memorySource(bytes, "x.safetensors"));

describe("safetensors", () => {
  it("gives back every dtype bit for bit, and leaves no temporary file", async () => {
    const tensor = fc
      .record({
        type: fc.constantFrom(...(Object.keys(SAFETENSORS_DTYPES) as DType[])),
        dims: fc.array(fc.nat(4), { maxLength: 4 }),
        seed: fc.nat(255),
      })
      .map(({ type, dims, seed }) => {
        const made = new Tensor(type, new (arrayOf(type))(sizeOf(dims)), dims);
        bytesOf(made.data).forEach((_, index, bytes) => {
          bytes[index] = (seed + index * 37) & 255;
        });
        return made;
      });
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(
          fc.string().filter((name) => name !== "__metadata__"),
          tensor,
          { maxKeys: 6, noNullPrototype: true },
        ),
        async (tensors) => {
          const path = join(folder, "round.safetensors");
          await writeSafetensors(path, new Map(Object.entries(tensors)), { format: "pt", recipe: "café" });
          const weights = await openSafetensors(path);
          try {
            expect(weights.metadata).toEqual({ format: "pt", recipe: "café" });
            expect(weights.tensors.map(({ name }) => name).sort()).toEqual(Object.keys(tensors).sort());
            for (const [name, wanted] of Object.entries(tensors)) {
              const got = await weights.read(name);
              expect([got.type, got.dims]).toEqual([wanted.type, wanted.dims]);
              expect(Buffer.compare(bytesOf(got.data), bytesOf(wanted.data))).toBe(0);
            }
          } finally {
            await weights.close();
          }
        },
      ),
      { numRuns: 60 },
    );
    expect(await readdir(folder)).toEqual(["round.safetensors"]);
  });

  it("aligns the data to 8 bytes and pads the header with spaces", async () => {
    const path = join(folder, "aligned.safetensors");
    await writeSafetensors(path, new Map([["a", Tensor.float32([1, 2], [2])]]), {});
    const bytes = await readFile(path);
    const length = Number(bytes.readBigUInt64LE(0));
    expect(length % 8).toBe(0);
    expect(bytes.subarray(8, 8 + length).toString()).toMatch(/^\{"a":.*\} *$/);
    expect(bytes.length).toBe(8 + length + 8);
  });

  const f32 = (start: number, end: number, shape = [1]) => ({
    dtype: "F32",
    shape,
    data_offsets: [start, end],
  });
  it.each<[string, Uint8Array, string]>([
    ["no length", Buffer.alloc(3), "FILE_TRUNCATED"],
    ["a header longer than the file", Buffer.from("ffffffffffffff7f7b7d", "hex"), "CHECKPOINT_DAMAGED"],
    ["a header that is no JSON", file("{", Buffer.alloc(0)), "CHECKPOINT_DAMAGED"],
    ["a header that is an array", file("[]", Buffer.alloc(0)), "CHECKPOINT_DAMAGED"],
    ["overlapping tensors", file({ a: f32(0, 4), b: f32(2, 6) }, Buffer.alloc(6)), "CHECKPOINT_DAMAGED"],
    ["equal ranges", file({ a: f32(0, 4), b: f32(0, 4) }, Buffer.alloc(4)), "CHECKPOINT_DAMAGED"],
    ["a hole", file({ a: f32(0, 4), b: f32(8, 12) }, Buffer.alloc(12)), "CHECKPOINT_DAMAGED"],
    ["a range after the end", file({ a: f32(0, 400, [100]) }, Buffer.alloc(4)), "CHECKPOINT_DAMAGED"],
    ["data that nobody claims", file({ a: f32(0, 4) }, Buffer.alloc(5)), "CHECKPOINT_DAMAGED"],
    ["a range of another size", file({ a: f32(0, 8) }, Buffer.alloc(8)), "CHECKPOINT_DAMAGED"],
    ["a backward range", file({ a: f32(4, 0) }, Buffer.alloc(4)), "CHECKPOINT_DAMAGED"],
    ["a negative shape", file({ a: f32(0, 4, [-1]) }, Buffer.alloc(4)), "CHECKPOINT_DAMAGED"],
    [
      "a shape that overflows",
      file({ a: f32(0, 4, [2 ** 40, 2 ** 40]) }, Buffer.alloc(4)),
      "CHECKPOINT_DAMAGED",
    ],
    [
      "an unknown dtype",
      file({ a: { ...f32(0, 4), dtype: "F4" } }, Buffer.alloc(4)),
      "CHECKPOINT_UNSUPPORTED",
    ],
    ["metadata of numbers", file({ __metadata__: { a: 1 } }, Buffer.alloc(0)), "CHECKPOINT_DAMAGED"],
  ])("refuses %s", async (_, bytes, code) => {
    await expect(open(bytes)).rejects.toMatchObject({ code });
  });

  it("names file, tensor and offset in the error", async () => {
    await expect(open(file({ a: f32(0, 4), b: f32(2, 6) }, Buffer.alloc(6)))).rejects.toThrow(
      'x.safetensors, tensor "b", offset 2: the range 2-6 overlaps another tensor.',
    );
  });

  it("keeps a tensor named __proto__ apart from prototypes", async () => {
    const weights = await open(file(`{"__proto__":${JSON.stringify(f32(0, 4))}}`, Buffer.alloc(4)));
    expect(weights.tensors).toEqual([{ name: "__proto__", type: "float32", dims: [1] }]);
    await expect(weights.read("toString")).rejects.toMatchObject({ code: "TENSOR_UNKNOWN" });
  });

  it("leaves the old file in place when a tensor cannot be read", async () => {
    const path = join(folder, "kept.safetensors");
    await writeFile(path, "old");
    const source = {
      tensors: [{ name: "a", type: "float32", dims: [1] }] as const,
      read: () => Promise.reject(new Error("disk")),
    };
    await expect(writeSafetensors(path, source)).rejects.toThrow("disk");
    expect(await readFile(path, "utf8")).toBe("old");
    expect((await readdir(folder)).filter((name) => name.includes("tmp"))).toEqual([]);
  });
});
