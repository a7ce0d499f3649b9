/** Readers against files that torch, TensorFlow, safetensors and Flax wrote themselves (`generate/*.py`), by digest. */
import { createHash } from "node:crypto";
import { copyFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openWeights } from "../../src/checkpoint/index.js";
import { canonicalTensors, mapNames } from "../../src/checkpoint/names/canonical.js";
import { bytesOf } from "../../src/util/protobuf.js";

const ORACLE = new URL("./checkpoints/", import.meta.url).pathname;

interface Expected {
  readonly tensors: Readonly<Record<string, { type: string; dims: number[]; sha256: string }>>;
}

async function digests(path: string): Promise<Record<string, unknown>> {
  const weights = await openWeights(path);
  try {
    const found: Record<string, unknown> = {};
    for (const { name } of weights.tensors) {
      const { type, dims, data } = await weights.read(name);
      found[name] = { type, dims, sha256: createHash("sha256").update(bytesOf(data)).digest("hex") };
    }
    return found;
  } finally {
    await weights.close();
  }
}

async function expected(path: string): Promise<Expected["tensors"]> {
  return (JSON.parse(await readFile(join(ORACLE, path), "utf8")) as Expected).tensors;
}

/** A state dict lists tied parameters twice where safetensors keeps one. */
function withoutTied(tensors: Expected["tensors"]): Expected["tensors"] {
  return Object.fromEntries(
    Object.entries(tensors).filter(([name]) => !name.startsWith("cls.predictions.decoder.")),
  );
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "oracle-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("every tensor of every format, bit for bit", () => {
  it.each([
    ["pretraining/legacy.bin", "pretraining/expected.json"],
    ["pretraining/zip.bin", "pretraining/expected.json"],
    ["odd.bin", "odd.json"],
    ["odd-protocol-4.bin", "odd.json"],
    ["odd-without-crc.bin", "odd.json"],
    ["odd-legacy.bin", "odd.json"],
    ["tensorflow/model.ckpt-7", "tensorflow/expected.json"],
    ["tensorflow/model.ckpt-7.index", "tensorflow/expected.json"],
    ["flax/odd.msgpack", "flax/odd.json"],
    ["keras/odd.h5", "keras/odd.json"],
  ])("%s", async (file, json) => {
    expect(await digests(join(ORACLE, file))).toEqual(await expected(json));
  });

  it.each([
    "pretraining/model.safetensors",
    "pretraining",
    "sharded",
    "sharded/model.safetensors.index.json",
  ])("%s", async (file) => {
    expect(await digests(join(ORACLE, file))).toEqual(
      withoutTied(await expected("pretraining/expected.json")),
    );
  });

  it("a bundle of two shards", async () => {
    const all = Object.entries(await expected("tensorflow/expected.json"));
    const model = all.filter(([name]) => !/adam_|global_step/.test(name));
    expect(await digests(join(ORACLE, "tensorflow/two-shards"))).toEqual(Object.fromEntries(model));
  });

  it("recognises a format by its bytes, not by its name", async () => {
    for (const file of [
      "pretraining/legacy.bin",
      "pretraining/zip.bin",
      "odd.bin",
      "flax/flax_model.msgpack",
      "keras/tf_model.h5",
    ]) {
      const mislabelled = join(folder, "model.safetensors");
      await copyFile(join(ORACLE, file), mislabelled);
      expect(await digests(mislabelled)).toEqual(await digests(join(ORACLE, file)));
    }
  });
});

describe("canonical names", () => {
  async function canonicalDigests(file: string): Promise<Record<string, unknown>> {
    const weights = await openWeights(join(ORACLE, file));
    try {
      const map = mapNames(weights);
      expect(map.unknown).toEqual([]);
      const source = canonicalTensors(weights, map.parameters);
      const found: Record<string, unknown> = {};
      for (const { name } of source.tensors) {
        const { type, dims, data } = await source.read(name);
        found[name] = { type, dims, sha256: createHash("sha256").update(bytesOf(data)).digest("hex") };
      }
      return found;
    } finally {
      await weights.close();
    }
  }

  it.each([
    "pretraining/legacy.bin",
    "pretraining/old-names.bin",
    "pretraining/zip.bin",
    "sharded",
    "tensorflow/model.ckpt-7",
    "flax/flax_model.msgpack",
    "keras/tf_model.h5",
  ])("%s gives the parameters of model.safetensors bit for bit", async (file) => {
    const wanted = await canonicalDigests("pretraining/model.safetensors");
    expect(Object.keys(wanted)).toHaveLength(46);
    expect(await canonicalDigests(file)).toEqual(wanted);
  });

  it("keeps Adam's moments and the step of a TensorFlow checkpoint apart", async () => {
    const weights = await openWeights(join(ORACLE, "tensorflow/model.ckpt-7"));
    try {
      const { slots, step, parameters } = mapNames(weights);
      expect(step).toBe("global_step");
      expect(slots).toHaveLength(2 * parameters.length);
      const moments = canonicalTensors(
        weights,
        slots.filter(({ slot }) => slot === "m"),
      );
      const name = "bert.encoder.layer.1.intermediate.dense.weight";
      const moment = await moments.read(name);
      const value = await canonicalTensors(weights, parameters).read(name);
      expect(moment.dims).toEqual([32, 16]);
      expect(moment.data[5]).toBe(Math.fround(Number(value.data[5]) * Math.fround(0.01)));
    } finally {
      await weights.close();
    }
  });
});
