/** @file SIMD kernels of the optimizer, over blocks of the flat arrays that fit the cache. */
import { advance, instantiate, type WasmFunction } from "../util/wasm-assembler.js";
import { type Code, doWhile, f32x4, f64x2, i32, v128 } from "../util/wasm-instructions.js";

/** Elements a block: four arrays of it fill half of a usual second-level cache. */
export const BLOCK = 16_384;
const BYTES = 4 * BLOCK;
/** Places of the blocks in the kernels' memory, bytes. */
export const [WEIGHTS, GRADIENTS, FIRST, SECOND, SUMS] = [0, BYTES, 2 * BYTES, 3 * BYTES, 4 * BYTES];
/** Partial sums of squares: element i of the whole array belongs to sum i mod 8. */
export const SUM_COUNT = 8;

type Eight<T> = [T, T, T, T, T, T, T, T];

/**
 * One update of the first `bytes`/4 elements of the blocks, every operation rounded to float32 in the order of
 * google-research/bert optimization.py:127–152. `bytes` is a multiple of 16, above 0.
 */
const update: WasmFunction = {
  name: "update",
  parameters: ["i32", "f32", "f32", "f32", "f32", "f32", "f32", "f32", "f32"],
  build([bytes, ...scalars], local) {
    const lanes = scalars.map(() => local("v128"));
    const [scale, beta1, rest1, beta2, rest2, epsilon, decay, rate] = lanes.map(
      ({ get }) => get,
    ) as Eight<Code>;
    const [at, g, m, v, w] = [local("i32"), local("v128"), local("v128"), local("v128"), local("v128")];
    const { add, sub, mul, div, sqrt, splat } = f32x4;
    const block = (place: number): Code => v128.load(at.get, place);
    return [
      ...lanes.map(({ set }, index) => set(splat(scalars[index]!.get))),
      doWhile(
        [
          g.set(mul(block(GRADIENTS), scale)),
          m.set(add(mul(beta1, block(FIRST)), mul(rest1, g.get))),
          v.set(add(mul(beta2, block(SECOND)), mul(rest2, mul(g.get, g.get)))),
          v128.store(at.get, m.get, FIRST),
          v128.store(at.get, v.get, SECOND),
          w.set(block(WEIGHTS)),
          v128.store(
            at.get,
            sub(w.get, mul(rate, add(div(m.get, add(sqrt(v.get), epsilon)), mul(decay, w.get)))),
            WEIGHTS,
          ),
          advance(at, i32.const(16)),
        ],
        i32.lessThan(at.get, bytes!.get),
      ),
    ];
  },
};

/** Adds the squares of the first `bytes`/4 elements of the gradient block to the sums. `bytes` is a multiple of 32, above 0. */
const addSquares: WasmFunction = {
  name: "addSquares",
  parameters: ["i32"],
  build([bytes], local) {
    const at = local("i32");
    const pairs = Array.from({ length: SUM_COUNT / 2 }, (_, pair) => ({
      sum: local("v128"),
      x: local("v128"),
      place: SUMS + 16 * pair,
      offset: GRADIENTS + 8 * pair,
    }));
    return [
      ...pairs.map(({ sum, place }) => sum.set(v128.load(i32.const(0), place))),
      doWhile(
        [
          ...pairs.flatMap(({ sum, x, offset }) => [
            x.set(f64x2.loadFloat32(at.get, offset)),
            sum.set(f64x2.add(sum.get, f64x2.mul(x.get, x.get))),
          ]),
          advance(at, i32.const(4 * SUM_COUNT)),
        ],
        i32.lessThan(at.get, bytes!.get),
      ),
      ...pairs.map(({ sum, place }) => v128.store(i32.const(0), sum.get, place)),
    ];
  },
};

function create() {
  const { buffer, functions } = instantiate([update, addSquares], SUMS + 8 * SUM_COUNT);
  const block = (place: number): Float32Array => new Float32Array(buffer, place, BLOCK);
  return {
    weights: block(WEIGHTS),
    gradients: block(GRADIENTS),
    firstMoments: block(FIRST),
    secondMoments: block(SECOND),
    sums: new Float64Array(buffer, SUMS, SUM_COUNT),
    /** Arguments: bytes, scale, β₁, 1 − β₁, β₂, 1 − β₂, ε, decay, learning rate. */
    update: functions["update"]!,
    /** Argument: bytes. */
    addSquares: functions["addSquares"]!,
  };
}

let kernels: ReturnType<typeof create> | null = null;

/** The kernels of this thread, made at the first call. */
export function adamWKernels(): ReturnType<typeof create> {
  kernels ??= create();
  return kernels;
}
