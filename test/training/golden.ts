/** @file Reads the golden files of `oracle/generate/pretraining_pytorch.py` and compares numbers with them. */
import { openSafetensors } from "../../src/checkpoint/index.js";
import { type BertConfig, readBertConfig } from "../../src/bert/index.js";
import { Tensor } from "../../src/graph/index.js";
import type { PretrainingInstance } from "../../src/instances/index.js";

export interface Golden<E> {
  readonly config: BertConfig;
  /** What is not a tensor. */
  readonly expected: E;
  /** Tensors whose name starts with `PREFIX/`, under the rest of their name. */
  group(prefix: string): Map<string, Tensor>;
}

export async function readGolden<E>(name: string): Promise<Golden<E>> {
  const path = new URL(`../oracle/pretraining/${name}.safetensors`, import.meta.url).pathname;
  const weights = await openSafetensors(path);
  try {
    const tensors = new Map<string, Tensor>();
    for (const { name: key } of weights.tensors) tensors.set(key, await weights.read(key));
    return {
      config: readBertConfig(JSON.parse(weights.metadata["config"]!)),
      expected: JSON.parse(weights.metadata["expected"]!) as E,
      group: (prefix) =>
        new Map(
          [...tensors]
            .filter(([key]) => key.startsWith(`${prefix}/`))
            .map(([key, tensor]) => [key.slice(prefix.length + 1), tensor]),
        ),
    };
  } finally {
    await weights.close();
  }
}

/** An instance as JSON has it. */
export interface PlainInstance {
  readonly ids: readonly number[];
  readonly segmentIds: readonly number[];
  readonly maskedPositions: readonly number[];
  readonly maskedIds: readonly number[];
  readonly isRandomNext: boolean;
}

export function instanceOf(plain: PlainInstance): PretrainingInstance {
  return {
    ids: Int32Array.from(plain.ids),
    segmentIds: Uint8Array.from(plain.segmentIds),
    maskedPositions: Int32Array.from(plain.maskedPositions),
    maskedIds: Int32Array.from(plain.maskedIds),
    isRandomNext: plain.isRandomNext,
  };
}

/** ‖x‖ */
export function norm(x: Tensor): number {
  let sum = 0;
  for (let i = 0; i < x.size; i++) sum += Number(x.data[i]) ** 2;
  return Math.sqrt(sum);
}

/** ‖a − b‖ */
export function distance(a: Tensor, b: Tensor): number {
  let sum = 0;
  for (let i = 0; i < a.size; i++) sum += (Number(a.data[i]) - Number(b.data[i])) ** 2;
  return Math.sqrt(sum);
}

/** max |a − b| */
export function largestDifference(a: Tensor, b: Tensor): number {
  let largest = 0;
  for (let i = 0; i < a.size; i++)
    largest = Math.max(largest, Math.abs(Number(a.data[i]) - Number(b.data[i])));
  return largest;
}

export function globalNormOf(tensors: ReadonlyMap<string, Tensor>): number {
  return Math.hypot(...[...tensors.values()].map(norm));
}

/** The measure of the numerics contract for each tensor: ‖a − b‖ / max(‖b‖, 1e-6 × the norm of all). */
export function errorByName(
  actual: ReadonlyMap<string, Tensor>,
  expected: ReadonlyMap<string, Tensor>,
): Map<string, number> {
  const floor = 1e-6 * globalNormOf(expected);
  return new Map(
    [...expected].map(([name, b]) => [name, distance(actual.get(name)!, b) / Math.max(norm(b), floor)]),
  );
}

/** Its gradient is 0 in mathematics, since softmax ignores a shift: both sides hold rounding noise there. */
export function isKeyBias(name: string): boolean {
  return name.endsWith("attention.self.key.bias");
}

/** Zeros in the type and shape of `tensor`. */
export function zerosLike(tensor: Tensor): Tensor {
  return Tensor.zeros(tensor.type, tensor.dims);
}

export function toFloat64(tensor: Tensor): Tensor {
  return new Tensor("float64", Float64Array.from(tensor.data as Float32Array), tensor.dims);
}
