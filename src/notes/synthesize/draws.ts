/** @file The generator of random numbers behind synthetic notes: integers only, so every machine draws the same. */

/** One stream of draws (sfc32, Doty-Humphrey's small fast counter), keyed by a seed and a stream number. */
export class Draws {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number, stream: number) {
    this.#a = seed | 0;
    this.#b = Math.floor(seed / 2 ** 32) | 0;
    this.#c = stream | 0;
    for (let round = 0; round < 15; round++) this.#next();
  }

  /** int32, uniform. */
  #next(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum;
  }

  /** Integer in [0, limit), limit ≤ 2^21 so that the product stays exact. */
  below(limit: number): number {
    return Math.floor(((this.#next() >>> 0) * limit) / 2 ** 32);
  }

  /** Integer in [low, high]. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  /** True in `share` percent of calls. */
  percent(share: number): boolean {
    return this.below(100) < share;
  }
}
