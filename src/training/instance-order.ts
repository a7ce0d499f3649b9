/** @file In which order a run reads its instances: a keyed permutation an epoch, computed and not stored, so that a position is all that resume needs. */
import { createWords, STREAMS } from "../util/counter-random.js";

const ROUNDS = 6;

/**
 * Index of the instance at `position` of a run over `count` instances: every epoch reads each exactly once, in an order
 * that is a function of (seed, epoch). A Feistel network on the smallest even number of bits that holds `count`, walked
 * until it lands inside.
 */
export function createInstanceOrder(count: number, seed: number): (position: number) => number {
  const half = Math.max(1, Math.ceil(Math.log2(Math.max(2, count)) / 2));
  const mask = 2 ** half - 1;
  let keys: number[] = [];
  let keyedEpoch = -1;
  return (position) => {
    const epoch = Math.floor(position / count);
    if (epoch !== keyedEpoch) {
      keys = Array.from({ length: ROUNDS }, createWords(STREAMS.order, seed, [epoch, 0, 0]));
      keyedEpoch = epoch;
    }
    let index = position % count;
    do {
      let left = Math.floor(index / 2 ** half);
      let right = index & mask;
      for (const key of keys) [left, right] = [right, left ^ (scramble(right, key) & mask)];
      index = left * 2 ** half + right;
    } while (index >= count);
    return index;
  };
}

/** A 32-bit mix (the finaliser of MurmurHash3) of a half and a round key. */
function scramble(value: number, key: number): number {
  let mixed = Math.imul(value ^ key, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
