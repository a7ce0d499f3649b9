import fc from "fast-check";
import { expect, test } from "vitest";
import { bytesOf, encodeVarint, ProtoWriter, readProtoFields, readVarint } from "./protobuf.js";

test("varints are those of the protobuf encoding guide, negatives in ten bytes", () => {
  expect([...encodeVarint(150)]).toEqual([0x96, 0x01]);
  expect([...encodeVarint(-2)]).toEqual([0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]);
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }), (value) => {
      expect(readVarint(encodeVarint(value), { at: 0 })).toBe(value);
    }),
  );
});

test("what the writer writes the reader reads, nested messages and packed numbers included", () => {
  const child = new ProtoWriter().string(1, "näme").float(2, 0.5);
  const bytes = new ProtoWriter()
    .varint(1, 7)
    .message(2, child)
    .packedVarints(3, [1, 300])
    .double(4, -1.5)
    .toBytes();
  const fields = [...readProtoFields(bytes)];
  expect(fields.map((field) => [field.field, field.wire])).toEqual([
    [1, "varint"],
    [2, "bytes"],
    [3, "bytes"],
    [4, "fixed64"],
  ]);
  const inner = [...readProtoFields(fields[1]!.value as Uint8Array)];
  expect(new TextDecoder().decode(inner[0]!.value as Uint8Array)).toBe("näme");
  expect([...(fields[2]!.value as Uint8Array)]).toEqual([1, 0xac, 0x02]);
  expect(fields[3]!.value).toEqual(bytesOf(Float64Array.of(-1.5)));
});

test("bytes cut anywhere inside a field are refused with an offset, never misread", () => {
  const bytes = new ProtoWriter().string(1, "abcdef").toBytes();
  for (let length = 1; length < bytes.length; length++)
    expect(() => [...readProtoFields(bytes.subarray(0, length))]).toThrow(/byte/);
  expect(() => [...readProtoFields(Uint8Array.of(0x0b))]).toThrow(/wire type 3/);
});
