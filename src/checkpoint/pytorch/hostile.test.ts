import { describe, expect, it } from "vitest";
import type { AtomicFile } from "../../util/atomic-file.js";
import { memorySource } from "../../util/byte-source.js";
import { ZipWriter } from "../../util/zip.js";
import { readPytorchLegacy } from "./legacy-reader.js";
import { readPytorchZip } from "./zip-reader.js";

const latin = (text: string): Buffer => Buffer.from(text, "latin1");

async function archive(entries: Readonly<Record<string, Uint8Array>>): Promise<Buffer> {
  const parts: Buffer[] = [];
  const file: AtomicFile = {
    write: async (chunk) => void parts.push(Buffer.from(chunk as Uint8Array)),
    writeAt: async () => undefined,
    commit: async () => undefined,
    discard: async () => undefined,
  };
  const writer = new ZipWriter(file, 64);
  for (const [name, bytes] of Object.entries(entries)) await writer.add(name, bytes);
  await writer.finish();
  return Buffer.concat(parts);
}

const openZip = async (bytes: Buffer) => readPytorchZip(memorySource(bytes, "x.bin"));
const LEGACY_HEAD = Buffer.concat([
  Buffer.from("80028a0a6cfc9c46f9206aa850192e", "hex"),
  Buffer.from("80024de9032e", "hex"),
  latin("\x80\x02}."),
]);

describe("pickles that ask for more than tensors", () => {
  it.each([
    ["os.system by GLOBAL", latin("\x80\x02cos\nsystem\n(X\x04\x00\x00\x00truetR."), "os.system"],
    ["posix.system by GLOBAL", latin("\x80\x02cposix\nsystem\n."), "posix.system"],
    ["builtins.eval by STACK_GLOBAL", latin("\x80\x04\x8c\x08builtins\x8c\x04eval\x93."), "builtins.eval"],
    ["subprocess.Popen by INST", latin("\x80\x02(isubprocess\nPopen\n."), "subprocess.Popen"],
    ["a name of Object.prototype", latin("\x80\x02cconstructor\nconstructor\n."), "constructor.constructor"],
  ])("%s is refused by name, in both formats", async (_, pickle, name) => {
    const wanted = { code: "CHECKPOINT_UNSAFE", details: { path: "x.bin", global: name } };
    await expect(archive({ "a/data.pkl": pickle }).then(openZip)).rejects.toMatchObject(wanted);
    const legacy = Buffer.concat([LEGACY_HEAD, pickle]);
    await expect(readPytorchLegacy(memorySource(legacy, "x.bin"))).rejects.toMatchObject(wanted);
  });

  it.each([
    ["text opcodes", latin("\x80\x02I1\n."), /opcode 0x49/],
    ["extension codes", latin("\x80\x02\x82\x01."), /opcode 0x82/],
    ["a call of a string", latin("\x80\x02X\x01\x00\x00\x00a)R."), /a call of something that is no function/],
    ["a call of a storage", latin("\x80\x02ctorch\nFloatStorage\n)R."), /a call of torch.FloatStorage/],
    ["an endless stack pop", latin("\x80\x020."), /empty stack/],
    ["no end", latin("\x80\x02N"), /ends too early/],
  ])("%s: a clear error", async (_, pickle, message) => {
    await expect(archive({ "a/data.pkl": pickle }).then(openZip)).rejects.toThrow(message);
  });

  it("names the storage that a tensor points at outside the archive", async () => {
    const pickle = latin(
      "\x80\x02}X\x01\x00\x00\x00wctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\nFloatStorage\n" +
        "X\x0b\x00\x00\x00../../etc/pX\x03\x00\x00\x00cpuK\x01tQK\x00K\x01\x85K\x01\x85\x89NtRs.",
    );
    await expect(archive({ "a/data.pkl": pickle }).then(openZip)).rejects.toThrow(
      'x.bin, tensor "w": its storage "../../etc/p" is not in the archive.',
    );
  });
});

describe("zip archives that are bombs or broken", () => {
  it("refuses compressed entries before inflating anything", async () => {
    const bytes = await archive({ "a/data.pkl": latin("\x80\x02}.") });
    bytes.writeUInt16LE(8, bytes.lastIndexOf("PK\x01\x02", undefined, "latin1") + 10);
    await expect(openZip(bytes)).rejects.toMatchObject({ code: "CHECKPOINT_UNSUPPORTED" });
  });

  it("refuses two directory entries that share bytes", async () => {
    const bytes = await archive({ "a/data.pkl": latin("\x80\x02}."), "a/data.pkk": latin("\x80\x02}.") });
    const second = bytes.lastIndexOf("PK\x01\x02", undefined, "latin1");
    const first = bytes.indexOf("PK\x01\x02", undefined, "latin1");
    bytes.copy(bytes, second + 42, first + 42, first + 46);
    await expect(openZip(bytes)).rejects.toMatchObject({ code: "CHECKPOINT_DAMAGED" });
  });

  it("names tensor and offset when a storage does not match its CRC-32", async () => {
    const pickle = latin(
      "\x80\x02}X\x01\x00\x00\x00wctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\nFloatStorage\n" +
        "X\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x01tQK\x00K\x01\x85K\x01\x85\x89NtRs.",
    );
    const bytes = await archive({ "a/data.pkl": pickle, "a/data/0": Buffer.from("0000803f", "hex") });
    expect(await (await openZip(bytes)).read("w")).toMatchObject({
      type: "float32",
      dims: [1],
      data: Float32Array.of(1),
    });
    const at = bytes.indexOf(Buffer.from("0000803f", "hex"));
    bytes[at] = 1;
    await expect((await openZip(bytes)).read("w")).rejects.toThrow(
      `x.bin, tensor "w", offset ${at}: the bytes do not match their CRC-32.`,
    );
  });
});
