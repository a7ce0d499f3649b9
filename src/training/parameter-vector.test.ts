import { describe, expect, test } from "vitest";
import { BERT_BASE, type BertConfig } from "../bert/config.js";
import { PRETRAINING_HEADS, parameterTable } from "../bert/parameters.js";
import { createVector, decaySegments, initializeParameters } from "./parameter-vector.js";

const CONFIG: BertConfig = {
  ...BERT_BASE,
  vocabSize: 2000,
  hiddenSize: 64,
  layerCount: 2,
  headCount: 4,
  intermediateSize: 128,
  maxPositions: 64,
};
const TABLE = parameterTable(CONFIG, PRETRAINING_HEADS);

test("tensors are views of one array, side by side in the order of the table", () => {
  const vector = createVector(TABLE);
  let offset = 0;
  for (const { name, shape } of TABLE) {
    const tensor = vector.tensors.get(name)!;
    expect(tensor.dims).toEqual(shape);
    tensor.data[0] = 7;
    expect(vector.data[offset], name).toBe(7);
    offset += tensor.size;
  }
  expect(offset).toBe(vector.data.length);
});

test("decay segments cover the array once and say of each element what the table says", () => {
  const segments = decaySegments(TABLE);
  expect(segments[0]!.start).toBe(0);
  for (const [index, segment] of segments.slice(1).entries()) {
    expect(segment.start).toBe(segments[index]!.end);
    expect(segment.decay).not.toBe(segments[index]!.decay);
  }
  const vector = createVector(TABLE);
  expect(segments.at(-1)!.end).toBe(vector.data.length);
  for (const { start, end, decay } of segments) vector.data.fill(decay ? 1 : 2, start, end);
  for (const { name, decay } of TABLE)
    expect(new Set(vector.tensors.get(name)!.data as Float32Array), name).toEqual(new Set([decay ? 1 : 2]));
});

describe("initialisation", () => {
  const range = 0.02;
  const vector = createVector(TABLE);
  initializeParameters(vector, range, 12345);
  const words = vector.tensors.get("bert.embeddings.word_embeddings.weight")!.data as Float32Array;

  test("is a normal cut at two deviations", () => {
    const count = words.length;
    const mean = words.reduce((sum, value) => sum + value, 0) / count;
    const variance = words.reduce((sum, value) => sum + value * value, 0) / count;
    // The variance of a standard normal cut at 2 is 1 − 4 φ(2) / (2 Φ(2) − 1); its fourth moment gives the error.
    const expected = 0.773_741;
    expect(words.every((value) => Math.abs(value) <= 2 * range * (1 + 1e-6))).toBe(true);
    expect(Math.abs(mean / range)).toBeLessThan(5 * Math.sqrt(expected / count));
    expect(Math.abs(variance / range ** 2 - expected)).toBeLessThan(5 * Math.sqrt(0.86 / count));
    const within = words.reduce((sum, value) => sum + (Math.abs(value) < range ? 1 : 0), 0) / count;
    expect(within).toBeCloseTo(0.682_689 / 0.954_5, 2);
    expect(words.some((value) => Math.abs(value) > 1.98 * range)).toBe(true);
  });

  test("fills biases with 0 and LayerNorm weights with 1, over what was there", () => {
    const dirty = createVector(TABLE);
    dirty.data.fill(9);
    initializeParameters(dirty, range, 12345);
    expect(dirty.data.every((value, index) => value === vector.data[index])).toBe(true);
    expect(new Set(vector.tensors.get("cls.predictions.bias")!.data as Float32Array)).toEqual(new Set([0]));
    const scale = vector.tensors.get("bert.embeddings.LayerNorm.weight")!.data as Float32Array;
    expect(new Set(scale)).toEqual(new Set([1]));
  });

  test("is a function of the seed, and differs between parameters", () => {
    const other = createVector(TABLE);
    initializeParameters(other, range, 12346);
    const changed = other.data.filter((value, index) => value !== vector.data[index]).length;
    expect(changed / words.length).toBeGreaterThan(0.99);
    const query = vector.tensors.get("bert.encoder.layer.0.attention.self.query.weight")!
      .data as Float32Array;
    const key = vector.tensors.get("bert.encoder.layer.0.attention.self.key.weight")!.data as Float32Array;
    const correlation =
      query.reduce((sum, value, i) => sum + value * key[i]!, 0) / (query.length * range ** 2);
    expect(Math.abs(correlation)).toBeLessThan(5 / Math.sqrt(query.length));
  });
});
