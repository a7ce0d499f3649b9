/** Writers against the files of the programs that own the formats: equal bytes, or equal tensors after another trip. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  openWeights,
  type Weights,
  writePytorch,
  writeSafetensors,
  writeTensorflow,
} from "../../src/checkpoint/index.js";
import type { Tensor } from "../../src/graph/tensor.js";

const ORACLE = new URL("./checkpoints/", import.meta.url).pathname;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "writers-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function using<T>(path: string, use: (weights: Weights) => Promise<T>): Promise<T> {
  const weights = await openWeights(path);
  try {
    return await use(weights);
  } finally {
    await weights.close();
  }
}

async function allTensors(path: string): Promise<Map<string, Tensor>> {
  return using(path, async (weights) => {
    const tensors = new Map<string, Tensor>();
    for (const { name } of weights.tensors) tensors.set(name, await weights.read(name));
    return tensors;
  });
}

it("writes the bytes of Python's safetensors", async () => {
  const source = join(ORACLE, "pretraining/model.safetensors");
  const copy = join(folder, "model.safetensors");
  await using(source, (weights) => writeSafetensors(copy, weights, weights.metadata));
  expect(await readFile(copy)).toEqual(await readFile(source));
});

it("writes the bytes of TensorFlow, index and data", async () => {
  const source = join(ORACLE, "tensorflow/model.ckpt-7");
  const copy = join(folder, "model.ckpt-7");
  await using(source, (weights) => writeTensorflow(copy, weights));
  for (const end of [".index", ".data-00000-of-00001"])
    expect(await readFile(`${copy}${end}`)).toEqual(await readFile(`${source}${end}`));
});

it.each([
  ["PyTorch", "trip.bin", writePytorch],
  ["TensorFlow", "trip", writeTensorflow],
  ["safetensors", "trip.safetensors", writeSafetensors],
] as const)("%s: every element type, shape and layout comes back", async (_, file, write) => {
  const copy = join(folder, file);
  await using(join(ORACLE, "odd.bin"), (weights) => write(copy, weights));
  const wanted = await allTensors(join(ORACLE, "odd.bin"));
  const got = await allTensors(copy);
  expect([...got.keys()].sort()).toEqual([...wanted.keys()].sort());
  for (const [name, tensor] of wanted) expect(got.get(name)).toEqual(tensor);
});

it("splits the index into blocks that are found again", async () => {
  const copy = join(folder, "many");
  const names = Array.from(
    { length: 12_000 },
    (_, index) => `bert/encoder/layer_${index}/output/dense/kernel`,
  );
  const [tensor] = (await allTensors(join(ORACLE, "odd.bin"))).values();
  await writeTensorflow(copy, new Map(names.map((name) => [name, tensor!])));
  expect([...(await using(copy, async ({ tensors }) => tensors)).map(({ name }) => name)].sort()).toEqual(
    names.sort(),
  );
});
