import { cp, mkdir, mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openWeights } from "./open-weights.js";

const ORACLE = new URL("../../test/oracle/checkpoints/", import.meta.url).pathname;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "open-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function index(weightMap: unknown, name = "model.safetensors.index.json"): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, JSON.stringify({ weight_map: weightMap }));
  return path;
}

describe("an index of shards", () => {
  it.each(["../secret.bin", "/etc/passwd", "a/b.bin", "..", "c:\\x", "", 3])(
    "may not name %j",
    async (file) => {
      await expect(openWeights(await index({ w: file }))).rejects.toMatchObject({
        code: "CHECKPOINT_DAMAGED",
        details: { tensor: "w" },
      });
    },
  );

  it("may not lead to itself or to another index", async () => {
    const path = await index({ w: "model.safetensors.index.json" });
    await expect(openWeights(path)).rejects.toMatchObject({ code: "CHECKPOINT_FORMAT" });
  });

  it("names a shard that is missing, and one that lacks its tensor", async () => {
    await expect(openWeights(await index({ w: "gone.safetensors" }))).rejects.toMatchObject({
      code: "FILE_NOT_FOUND",
    });
    await cp(join(ORACLE, "pretraining/model.safetensors"), join(folder, "a.safetensors"));
    await expect(openWeights(await index({ w: "a.safetensors" }))).rejects.toThrow(
      'tensor "w": the shard "a.safetensors" does not have it',
    );
  });

  it("reads exactly the tensors that it maps", async () => {
    const name = "cls.predictions.bias";
    const weights = await openWeights(await index({ [name]: "a.safetensors" }));
    expect(weights.tensors.map((tensor) => tensor.name)).toEqual([name]);
    await weights.close();
  });
});

describe("what is no weights file", () => {
  it.each([
    ["an empty file", "", "CHECKPOINT_FORMAT"],
    ["text", "These are no weights.", "CHECKPOINT_FORMAT"],
    ["HDF5", "\x89HDF\r\n\x1a\n\0\0\0\0\0\0\0\0", "CHECKPOINT_UNSUPPORTED"],
    [
      "a pointer of git-lfs",
      "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n",
      "CHECKPOINT_FORMAT",
    ],
  ])("%s", async (_, text, code) => {
    const path = join(folder, "x.bin");
    await writeFile(path, text, "latin1");
    await expect(openWeights(path)).rejects.toMatchObject({ code, details: { path } });
  });

  it("a folder without weights, a path that is not there", async () => {
    await mkdir(join(folder, "empty"));
    await expect(openWeights(join(folder, "empty"))).rejects.toMatchObject({ code: "CHECKPOINT_FORMAT" });
    await expect(openWeights(join(folder, "gone"))).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
  });

  it("one flipped bit of a TensorFlow tensor, and of its index", async () => {
    const prefix = join(folder, "flipped.ckpt");
    const data = await readFile(join(ORACLE, "tensorflow/model.ckpt-7.data-00000-of-00001"));
    const table = await readFile(join(ORACLE, "tensorflow/model.ckpt-7.index"));
    data[5]! ^= 4;
    await writeFile(`${prefix}.data-00000-of-00001`, data);
    await writeFile(`${prefix}.index`, table);
    const weights = await openWeights(prefix);
    const first = "bert/embeddings/LayerNorm/beta";
    await expect(weights.read(first)).rejects.toMatchObject({
      code: "CHECKPOINT_DAMAGED",
      details: { tensor: first, offset: 0 },
    });
    expect((await weights.read("global_step")).data).toEqual(BigInt64Array.of(7n));
    await weights.close();
    table[100]! ^= 1;
    await writeFile(`${prefix}.index`, table);
    await expect(openWeights(prefix)).rejects.toThrow(
      /offset 0: a block of the index does not match its CRC-32C/,
    );
  });

  it("a TensorFlow checkpoint whose data are missing or cut short", async () => {
    const prefix = join(folder, "model.ckpt");
    await cp(join(ORACLE, "tensorflow/model.ckpt-7.index"), `${prefix}.index`);
    const weights = await openWeights(prefix);
    await expect(weights.read("global_step")).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
    await weights.close();
    const data = `${prefix}.data-00000-of-00001`;
    await cp(join(ORACLE, "tensorflow/model.ckpt-7.data-00000-of-00001"), data);
    await truncate(data, 1000);
    const cut = await openWeights(prefix);
    await expect(cut.read("global_step")).rejects.toMatchObject({
      code: "CHECKPOINT_DAMAGED",
      details: { path: data, tensor: "global_step" },
    });
    await cut.close();
  });
});
