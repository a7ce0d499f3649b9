/** @file Philox4x32-10, a counter-based generator: every number is a pure function of (key, counter), so nothing has to be saved to resume. */

export const MULTIPLIER_0 = 0xd2511f53;
export const MULTIPLIER_1 = 0xcd9e8d57;
export const WEYL_0 = 0x9e3779b9;
export const WEYL_1 = 0xbb67ae85;
export const ROUNDS = 10;

/** High 32 bits of an unsigned 32 × 32 product. */
function multiplyHigh(a: number, b: number): number {
  const [a0, a1, b0, b1] = [a & 0xffff, a >>> 16, b & 0xffff, b >>> 16];
  const low = a0 * b0;
  const middle = a1 * b0 + (low >>> 16);
  const cross = a0 * b1 + (middle & 0xffff);
  return a1 * b1 + Math.floor(middle / 0x10000) + (cross >>> 16);
}

/**
 * Four 32-bit words of the stream `key` at `counter` (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC11),
 * written to `out[0..3]`. All arguments are taken modulo 2³².
 */
export function philox(
  key: readonly [number, number],
  counter: readonly [number, number, number, number],
  out: Uint32Array,
): void {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, c0);
    const high1 = multiplyHigh(MULTIPLIER_1, c2);
    const low0 = Math.imul(MULTIPLIER_0, c0);
    const low1 = Math.imul(MULTIPLIER_1, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + WEYL_0) | 0;
    k1 = (k1 + WEYL_1) | 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/** Streams that must not share numbers: the first key word; the second is the user's seed. */
export const STREAMS = { initializer: 1, dropout: 2, order: 3, bootstrap: 8 } as const;

/** Consecutive uniform 32-bit words of one stream, for sequential use. `place` has up to three 32-bit words. */
export function createWords(
  stream: number,
  seed: number,
  place: readonly [number, number, number],
): () => number {
  const block = new Uint32Array(4);
  let index = 0;
  return () => {
    if (index % 4 === 0) philox([stream, seed], [index / 4, ...place], block);
    return block[index++ % 4]!;
  };
}
