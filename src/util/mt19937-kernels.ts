/** @file The Mersenne Twister as WebAssembly: the next 624 numbers, four at a time; and draws, for kernels that have it in their memory. */
import { advance, type Call, instantiate, type Local, type WasmFunction } from "./wasm-assembler.js";
import { type Code, doWhile, doWhileBoth, i32, i32x4, v128, when, whileDo } from "./wasm-instructions.js";

/** Words of the state. */
export const N = 624;
const M = 397;
const UPPER = 0x80000000;
const LOWER = 0x7fffffff;
const MATRIX = 0x9908b0df;
const WORD_BYTES = 4;
const BLOCK_BYTES = WORD_BYTES * N;

/** Places in the memory of a module, bytes. */
export interface TwisterPlaces {
  /** The state twice, so that word k + 624 follows from the words k, k + 1 and k + 397 without going round. */
  readonly words: number;
  /** The numbers drawn from it. */
  readonly drawn: number;
  /** The first byte behind. */
  readonly end: number;
}

export function twisterPlaces(begin: number): TwisterPlaces {
  return { words: begin, drawn: begin + 2 * BLOCK_BYTES, end: begin + 3 * BLOCK_BYTES };
}

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

/** `refill`: the next state and its numbers; `temper`: the numbers of the state as it stands. */
export function twisterFunctions({ words, drawn }: TwisterPlaces): WasmFunction[] {
  const refill: WasmFunction = {
    name: "refill",
    parameters: [],
    build(_, local) {
      const [at, mixed, lanes] = [local("i32"), local("v128"), local("v128")];
      const word = (offset: number): Code => v128.load(at.get, words + WORD_BYTES * offset);
      return [
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
            v128.store(at.get, lanes.get, words + BLOCK_BYTES),
            // Read for the last time above, as word 0.
            v128.store(at.get, lanes.get, words),
            ...temper(lanes),
            v128.store(at.get, lanes.get, drawn),
            advance(at, i32.const(16)),
          ],
          i32.lessThan(at.get, i32.const(BLOCK_BYTES)),
        ),
      ];
    },
  };
  const temperWords: WasmFunction = {
    name: "temper",
    parameters: [],
    build(_, local) {
      const [at, lanes] = [local("i32"), local("v128")];
      return [
        doWhile(
          [
            lanes.set(v128.load(at.get, words)),
            ...temper(lanes),
            v128.store(at.get, lanes.get, drawn),
            advance(at, i32.const(16)),
          ],
          i32.lessThan(at.get, i32.const(BLOCK_BYTES)),
        ),
      ];
    },
  };
  return [refill, temperWords];
}

/** Draws as code: the statements that a kernel has in place of calls. */
export interface DrawCode {
  /** Puts the next 32 bits into `target`. */
  draw(target: Local): Code[];
  /** `random() < share` into `target`. */
  isBelow(target: Local, share: number): Code[];
  /** The upper bit of the first of two draws into `target`: 0 where `random() < 0.5`. */
  coin(target: Local): Code[];
  /** `_randbelow(n)` into `target`: n is evaluated many times. */
  below(target: Local, n: Code): Code[];
  /**
   * `shuffle` of the first `count` numbers of a row, of which the first `settled` have to be right: only they are written where they were drawn.
   * A draw above the last place is drawn again: here it moves what does no harm and leaves that place the last, so that no branch depends on
   * a random number.
   */
  shuffle(row: ShuffledRow, count: Local, settled: Code): Code[];
}

/** Numbers of one or two bytes in the memory, and room for as many again and one more. */
export interface ShuffledRow {
  readonly at: number;
  readonly bytes: 1 | 2;
}

/** @param next a local with the byte of the next number among those drawn; 2,496 when none is left */
export function drawCode(
  { drawn }: TwisterPlaces,
  next: Local,
  local: (type: "i32") => Local,
  call: Call,
): DrawCode {
  const [scratch, shift] = [local("i32"), local("i32")];
  const [last, floor, other, target] = [local("i32"), local("i32"), local("i32"), local("i32")];
  const refillIfEmpty = when(i32.equal(next.get, i32.const(BLOCK_BYTES)), [
    call("refill"),
    next.set(i32.const(0)),
  ]);
  const draw = (into: Local): Code[] => [
    refillIfEmpty,
    into.set(i32.load(next.get, drawn)),
    advance(next, i32.const(WORD_BYTES)),
  ];
  /** Settles places down to `bound`. No call stands in the inner loop, so that its locals stay in registers. */
  const settle = ({ at, bytes }: ShuffledRow, bound: Code, swap: boolean): Code => {
    const [load, store] = bytes === 1 ? [i32.loadByte, i32.storeByte] : [i32.loadHalf, i32.storeHalf];
    const place = (index: Local): Code => (bytes === 1 ? index.get : i32.shl(index.get, i32.const(1)));
    const move = [
      other.set(i32.shiftRight(i32.load(next.get, drawn), shift.get)),
      advance(next, i32.const(WORD_BYTES)),
      ...(swap
        ? [
            target.set(i32.select(i32.lessThan(last.get, other.get), last.get, other.get)),
            scratch.set(load(place(target), at)),
            store(place(target), load(place(last), at), at),
            store(place(last), scratch.get, at),
          ]
        : // Nothing above the last place is read again.
          [store(place(other), load(place(last), at), at)]),
      // The condition turned round: one that is used twice would be made a number first.
      last.set(i32.select(i32.atLeast(last.get, other.get), i32.sub(last.get, i32.const(1)), last.get)),
    ];
    return whileDo(i32.atLeast(last.get, bound), [
      // As many bits as `last + 1` has; places from `floor` on ask for as many.
      shift.set(i32.leadingZeros(i32.add(last.get, i32.const(1)))),
      floor.set(i32.sub(i32.shiftRight(i32.const(UPPER), shift.get), i32.const(1))),
      floor.set(i32.select(i32.lessThan(floor.get, bound), bound, floor.get)),
      doWhile(
        [
          refillIfEmpty,
          doWhileBoth(move, i32.atLeast(last.get, floor.get), i32.notEqual(next.get, i32.const(BLOCK_BYTES))),
        ],
        i32.atLeast(last.get, floor.get),
      ),
    ]);
  };
  return {
    draw,
    isBelow(into, share) {
      const bits = Math.ceil(share * 2 ** 53);
      const [high, low] = [Math.floor(bits / 2 ** 26), bits % 2 ** 26];
      return [
        ...draw(scratch),
        ...draw(into),
        scratch.set(i32.shiftRight(scratch.get, i32.const(5))),
        into.set(
          i32.or(
            i32.lessThan(scratch.get, i32.const(high)),
            i32.and(
              i32.equal(scratch.get, i32.const(high)),
              i32.lessThan(i32.shiftRight(into.get, i32.const(6)), i32.const(low)),
            ),
          ),
        ),
      ];
    },
    coin: (into) => [...draw(into), ...draw(scratch), into.set(i32.shiftRight(into.get, i32.const(31)))],
    below: (into, n) => [
      shift.set(i32.leadingZeros(n)),
      doWhile([...draw(into), into.set(i32.shiftRight(into.get, shift.get))], i32.atLeast(into.get, n)),
    ],
    shuffle: (row, count, settled) => [
      last.set(i32.sub(count.get, i32.const(1))),
      when(i32.lessThan(i32.const(1), count.get), [
        settle(row, i32.select(settled, settled, i32.const(1)), false),
        settle(row, i32.const(1), true),
      ]),
    ],
  };
}

export interface TwisterKernels {
  /** uint32[624]: the state. */
  readonly words: Uint32Array;
  /** uint32[624]: what the next draws give. */
  readonly drawn: Uint32Array;
  refill(): void;
  temper(): void;
}

export function createTwisterKernels(): TwisterKernels {
  const places = twisterPlaces(0);
  const { buffer, functions } = instantiate(twisterFunctions(places), places.end);
  return {
    words: new Uint32Array(buffer, places.words, N),
    drawn: new Uint32Array(buffer, places.drawn, N),
    refill: functions["refill"]!,
    temper: functions["temper"]!,
  };
}
