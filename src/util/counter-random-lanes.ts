/** @file Philox4x32-10 on four consecutive counters at once, as WebAssembly SIMD code. Same numbers as `philox`. */
import { MULTIPLIER_0, MULTIPLIER_1, ROUNDS, WEYL_0, WEYL_1 } from "./counter-random.js";
import type { Local, ValueType } from "./wasm-assembler.js";
import { type Code, i32, i32x4, v128 } from "./wasm-instructions.js";

/** The four words of a counter and the two of a key, each a local. */
export interface PhiloxLocals {
  readonly counter: readonly [Local, Local, Local, Local];
  readonly key: readonly [Local, Local];
}

/**
 * Statements that write 16 words to memory at the address `place`: the blocks of the counters (c₀, …), (c₀ + 1, …),
 * (c₀ + 2, …), (c₀ + 3, …) one after the other. The locals keep their values.
 */
export function storePhiloxBlocks(
  { counter, key }: PhiloxLocals,
  place: number,
  local: (type: ValueType) => Local,
): Code[] {
  const lane = (): Local => local("v128");
  const words = [lane(), lane(), lane(), lane()] as const;
  const [c0, c1, c2, c3] = words;
  const first = { multiplier: lane(), low: lane(), high: lane() };
  const second = { multiplier: lane(), low: lane(), high: lane() };
  const products = ({ multiplier, low, high }: typeof first, word: Local): Code[] => [
    low.set(i32x4.multiplyLow(word.get, multiplier.get)),
    high.set(i32x4.multiplyHigh(word.get, multiplier.get)),
  ];
  const lower = ({ low, high }: typeof first): Code => i32x4.shuffle(low.get, high.get, [0, 2, 4, 6]);
  const upper = ({ low, high }: typeof first): Code => i32x4.shuffle(low.get, high.get, [1, 3, 5, 7]);
  const roundKey = (word: Local, weyl: number, round: number): Code =>
    i32x4.splat(i32.add(word.get, i32.const(Math.imul(weyl, round))));

  const start = [
    ...words.map((word, index) => word.set(i32x4.splat(counter[index]!.get))),
    c0.set(i32x4.add(c0.get, i32x4.const([0, 1, 2, 3]))),
    first.multiplier.set(i32x4.splat(i32.const(MULTIPLIER_0))),
    second.multiplier.set(i32x4.splat(i32.const(MULTIPLIER_1))),
  ];
  const rounds = Array.from({ length: ROUNDS }, (_, round) => [
    ...products(first, c0),
    ...products(second, c2),
    c0.set(v128.xor(v128.xor(upper(second), c1.get), roundKey(key[0], WEYL_0, round))),
    c1.set(lower(second)),
    c2.set(v128.xor(v128.xor(upper(first), c3.get), roundKey(key[1], WEYL_1, round))),
    c3.set(lower(first)),
  ]);
  return [...start, ...rounds.flat(), ...storeTransposed(words, place)];
}

/** Lane b of word w goes to place 4b + w. */
function storeTransposed([c0, c1, c2, c3]: PhiloxLocals["counter"], place: number): Code[] {
  return [0, 1, 2, 3].map((block) => {
    const pair = (a: Local, b: Local): Code =>
      i32x4.shuffle(a.get, b.get, [block, block + 4, block, block + 4]);
    return v128.store(i32.const(place + 16 * block), i32x4.shuffle(pair(c0, c1), pair(c2, c3), [0, 1, 4, 5]));
  });
}
