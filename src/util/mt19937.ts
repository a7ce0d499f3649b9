/** @file The Mersenne Twister MT19937 of Matsumoto and Nishimura, seeded and read as CPython's `random.Random` does. */

import { createTwisterKernels, N } from "./mt19937-kernels.js";

const UPPER = 0x80000000;

/** Everything that the next draws depend on: 624 words and the index of the next. */
export type Mt19937State = Uint32Array;

export class Mt19937 {
  readonly #kernels = createTwisterKernels();
  readonly #words = this.#kernels.words;
  readonly #drawn = this.#kernels.drawn;
  #next = N;

  /** `random.Random(seed)` for an integer seed of any size (`random_seed`, _randommodule.c: init_by_array of its absolute value). */
  constructor(seed: number | bigint) {
    let rest = BigInt(seed);
    if (rest < 0n) rest = -rest;
    const key: number[] = [];
    do {
      key.push(Number(rest & 0xffffffffn));
      rest >>= 32n;
    } while (rest > 0n);
    this.#seedByArray(key);
  }

  #seed(seed: number): void {
    const words = this.#words;
    words[0] = seed;
    for (let index = 1; index < N; index++) {
      const previous = words[index - 1]! ^ (words[index - 1]! >>> 30);
      words[index] = Math.imul(previous, 1812433253) + index;
    }
    this.#next = N;
  }

  #seedByArray(key: readonly number[]): void {
    const words = this.#words;
    this.#seed(19650218);
    let i = 1;
    let j = 0;
    const wrap = (): void => {
      if (++i < N) return;
      words[0] = words[N - 1]!;
      i = 1;
    };
    for (let left = Math.max(N, key.length); left > 0; left--) {
      const previous = words[i - 1]! ^ (words[i - 1]! >>> 30);
      words[i] = (words[i]! ^ Math.imul(previous, 1664525)) + key[j]! + j;
      wrap();
      j = (j + 1) % key.length;
    }
    for (let left = N - 1; left > 0; left--) {
      const previous = words[i - 1]! ^ (words[i - 1]! >>> 30);
      words[i] = (words[i]! ^ Math.imul(previous, 1566083941)) - i;
      wrap();
    }
    words[0] = UPPER;
  }

  #refill(): void {
    this.#kernels.refill();
    this.#next = 0;
  }

  /** 32 random bits. */
  uint32(): number {
    if (this.#next === N) this.#refill();
    return this.#drawn[this.#next++]!;
  }

  /** `random()`: 53 bits in [0, 1). */
  random(): number {
    const high = this.uint32() >>> 5;
    return (high * 67108864 + (this.uint32() >>> 6)) / 9007199254740992;
  }

  /** `random() < 0.5`. */
  coin(): boolean {
    // The upper bit of the first of the two draws decides.
    const first = this.uint32();
    this.uint32();
    return first < 0x80000000;
  }

  /** `_randbelow(n)` for 1 ≤ n < 2^53: bits are drawn until they are below n, also where n is 1. */
  below(n: number): number {
    if (n < 0x100000000) {
      const shift = Math.clz32(n);
      let drawn = this.uint32() >>> shift;
      while (drawn >= n) drawn = this.uint32() >>> shift;
      return drawn;
    }
    const shift = Math.clz32(Math.floor(n / 0x100000000));
    for (;;) {
      const low = this.uint32();
      const drawn = (this.uint32() >>> shift) * 0x100000000 + low;
      if (drawn < n) return drawn;
    }
  }

  /** `randint(low, high)`, both included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  /** `shuffle(values[0, length))` in place, for up to 2^32 − 1 values. */
  shuffle(values: Int32Array | Uint32Array, length: number): void {
    const drawn = this.#drawn;
    let next = this.#next;
    for (let index = length - 1; index > 0; index--) {
      // `below(index + 1)`, spelled out.
      const shift = Math.clz32(index + 1);
      let other: number;
      do {
        if (next === N) {
          this.#refill();
          next = 0;
        }
        other = drawn[next++]! >>> shift;
      } while (other > index);
      const kept = values[index]!;
      values[index] = values[other]!;
      values[other] = kept;
    }
    this.#next = next;
  }

  /** A copy of the state, 625 words. */
  save(): Mt19937State {
    const state = new Uint32Array(N + 1);
    state.set(this.#words);
    state[N] = this.#next;
    return state;
  }

  restore(state: Mt19937State): void {
    this.#words.set(state.subarray(0, N));
    this.#next = state[N]!;
    this.#kernels.temper();
  }
}
