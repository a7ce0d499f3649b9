/** @file The hot loops of the Mersenne Twister as WebAssembly: the next 624 numbers, four at a time, and the shuffle of a range. */
import { advance, instantiate, type Local, type WasmFunction } from "./wasm-assembler.js";
import { type Code, doWhile, i32, i32x4, v128, when, whileDo } from "./wasm-instructions.js";

/** Words of the state. */
export const N = 624;
const M = 397;
const UPPER = 0x80000000;
const LOWER = 0x7fffffff;
const MATRIX = 0x9908b0df;

/** A longer range is shuffled elsewhere. */
export const MOST_IN_ORDER = 1 << 16;
const BLOCK_BYTES = 4 * N;
/**
 * Places in the memory, bytes: the state twice, so that word k + 624 follows from the words k, k + 1 and k + 397 without going round;
 * the numbers drawn from it; the next of them; the shuffled range.
 */
const WORDS_AT = 0;
const DRAWN_AT = 2 * BLOCK_BYTES;
const NEXT_AT = DRAWN_AT + BLOCK_BYTES;
const ORDER_AT = NEXT_AT + 16;

const splat = (value: number): Code => i32x4.splat(i32.const(value));

/** Statements that put `lanes` through the tempering. */
function temper(lanes: Local): Code[] {
  const mix = (shifted: Code): Code => lanes.set(v128.xor(lanes.get, shifted));
  return [
    mix(i32x4.shiftRight(lanes.get, i32.const(11))),
    mix(v128.and(i32x4.shl(lanes.get, i32.const(7)), splat(0x9d2c5680))),
    mix(v128.and(i32x4.shl(lanes.get, i32.const(15)), splat(0xefc60000))),
    mix(i32x4.shiftRight(lanes.get, i32.const(18))),
  ];
}

/** The next state and its numbers. */
function refill(local: (type: "i32" | "v128") => Local): Code[] {
  const [at, mixed, lanes] = [local("i32"), local("v128"), local("v128")];
  const word = (offset: number): Code => v128.load(at.get, WORDS_AT + 4 * offset);
  return [
    at.set(i32.const(0)),
    doWhile(
      [
        // The upper bit of one word and the lower bits of the next, mixed into a third.
        mixed.set(v128.or(v128.and(word(0), splat(UPPER)), v128.and(word(1), splat(LOWER)))),
        lanes.set(
          v128.xor(
            v128.xor(word(M), i32x4.shiftRight(mixed.get, i32.const(1))),
            v128.and(
              i32x4.shiftRightSigned(i32x4.shl(mixed.get, i32.const(31)), i32.const(31)),
              splat(MATRIX),
            ),
          ),
        ),
        v128.store(at.get, lanes.get, WORDS_AT + BLOCK_BYTES),
        // Read for the last time above, as word 0.
        v128.store(at.get, lanes.get, WORDS_AT),
        ...temper(lanes),
        v128.store(at.get, lanes.get, DRAWN_AT),
        advance(at, i32.const(16)),
      ],
      i32.lessThan(at.get, i32.const(BLOCK_BYTES)),
    ),
  ];
}

const refillWords: WasmFunction = {
  name: "refill",
  parameters: [],
  build: (_, local) => refill(local),
};

/** The numbers of the state as it stands. */
const temperWords: WasmFunction = {
  name: "temper",
  parameters: [],
  build(_, local) {
    const [at, lanes] = [local("i32"), local("v128")];
    return [
      at.set(i32.const(0)),
      doWhile(
        [
          lanes.set(v128.load(at.get, WORDS_AT)),
          ...temper(lanes),
          v128.store(at.get, lanes.get, DRAWN_AT),
          advance(at, i32.const(16)),
        ],
        i32.lessThan(at.get, i32.const(BLOCK_BYTES)),
      ),
    ];
  },
};

/**
 * `shuffle` of the numbers 0, 1, … below `count`, at least 2. A draw above the last place is drawn again: here it swaps that place
 * with itself and leaves it the last, so that no branch depends on a random number.
 */
const shuffleRange: WasmFunction = {
  name: "shuffleRange",
  parameters: ["i32"],
  build([count], local) {
    const [at, number, next] = [local("i32"), local("v128"), local("i32")];
    const [last, shift, floor, other, kept] = [
      local("i32"),
      local("i32"),
      local("i32"),
      local("i32"),
      local("i32"),
    ];
    const [lastAt, otherAt] = [local("i32"), local("i32")];
    return [
      number.set(i32x4.const([0, 1, 2, 3])),
      doWhile(
        [
          v128.store(i32.shl(at.get, i32.const(2)), number.get, ORDER_AT),
          number.set(i32x4.add(number.get, splat(4))),
          advance(at, i32.const(4)),
        ],
        i32.lessThan(at.get, count!.get),
      ),
      next.set(i32.load(i32.const(NEXT_AT))),
      last.set(i32.sub(count!.get, i32.const(1))),
      doWhile(
        [
          // As many bits as `last + 1` has; places from `floor` on ask for as many.
          shift.set(i32.leadingZeros(i32.add(last.get, i32.const(1)))),
          floor.set(i32.sub(i32.shiftRight(i32.const(UPPER), shift.get), i32.const(1))),
          whileDo(i32.atLeast(last.get, floor.get), [
            when(i32.equal(next.get, i32.const(BLOCK_BYTES)), [...refill(local), next.set(i32.const(0))]),
            other.set(i32.shiftRight(i32.load(next.get, DRAWN_AT), shift.get)),
            advance(next, i32.const(4)),
            lastAt.set(i32.shl(last.get, i32.const(2))),
            kept.set(i32.lessThan(last.get, other.get)),
            otherAt.set(i32.select(kept.get, lastAt.get, i32.shl(other.get, i32.const(2)))),
            last.set(i32.sub(i32.add(last.get, kept.get), i32.const(1))),
            kept.set(i32.load(lastAt.get, ORDER_AT)),
            i32.store(lastAt.get, i32.load(otherAt.get, ORDER_AT), ORDER_AT),
            i32.store(otherAt.get, kept.get, ORDER_AT),
          ]),
        ],
        last.get,
      ),
      i32.store(i32.const(NEXT_AT), next.get),
    ];
  },
};

export interface TwisterKernels {
  /** uint32[624]: the state. */
  readonly words: Uint32Array;
  /** uint32[624]: what the next draws give. */
  readonly drawn: Uint32Array;
  refill(): void;
  temper(): void;
  /**
   * The shuffled numbers below `count`, 2 to 65,536, good until the next call; draws from number `next` on.
   * @returns where the next draw is
   */
  shuffleRange(count: number, next: number): number;
  readonly order: Int32Array;
}

export function createTwisterKernels(): TwisterKernels {
  const { buffer, functions } = instantiate(
    [refillWords, temperWords, shuffleRange],
    ORDER_AT + 4 * MOST_IN_ORDER + 16,
  );
  const next = new Int32Array(buffer, NEXT_AT, 1);
  const [refillNow, temperNow, shuffle] = [
    functions["refill"]!,
    functions["temper"]!,
    functions["shuffleRange"]!,
  ];
  return {
    words: new Uint32Array(buffer, WORDS_AT, N),
    drawn: new Uint32Array(buffer, DRAWN_AT, N),
    order: new Int32Array(buffer, ORDER_AT, MOST_IN_ORDER),
    refill: () => refillNow(),
    temper: () => temperNow(),
    shuffleRange(count, from) {
      next[0] = 4 * from;
      shuffle(count);
      return next[0]! >>> 2;
    },
  };
}
