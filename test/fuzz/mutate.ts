/** @file Damages bytes as disks, networks and attackers do. */
import type { Random } from "./random.js";

const BYTES = [0x00, 0x01, 0x7f, 0x80, 0xff, 0x22, 0x28, 0x2e, 0x52, 0x63] as const;
const WORDS = [
  0n,
  1n,
  0x7fffffffn,
  0xffffffffn,
  2n ** 40n,
  2n ** 53n,
  2n ** 63n - 1n,
  2n ** 64n - 1n,
] as const;

type Mutation = (bytes: Buffer, at: number, random: Random) => Buffer;

const MUTATIONS: readonly Mutation[] = [
  (bytes, at) => bytes.subarray(0, at),
  flipBits,
  flipBits,
  (bytes, at, random) => {
    for (let count = 1 + random.below(4); count > 0; count--)
      bytes[(at + random.below(8)) % bytes.length] = random.pick(BYTES);
    return bytes;
  },
  (bytes, at, random) => {
    const word = random.pick(WORDS);
    if (at + 8 <= bytes.length) {
      if (random.below(2) === 0) bytes.writeBigUInt64LE(word, at);
      else bytes.writeUInt32LE(Number(word & 0xffffffffn), at);
    }
    return bytes;
  },
  (bytes, at, random) => {
    const length = 1 + random.below(32);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.min(bytes.length, at + length))]);
  },
  (bytes, at, random) => {
    const from = random.below(bytes.length);
    const copied = bytes.subarray(from, from + 1 + random.below(64));
    return Buffer.concat([bytes.subarray(0, at), copied, bytes.subarray(at)]);
  },
  (bytes, at, random) => {
    bytes.copyWithin(at, random.below(bytes.length), random.below(bytes.length));
    return bytes;
  },
  (bytes, at, random) =>
    bytes.fill(random.pick(BYTES), at, Math.min(bytes.length, at + 1 + random.below(64))),
];

function flipBits(bytes: Buffer, at: number, random: Random): Buffer {
  for (let count = random.pick([1, 1, 1, 2, 8]); count > 0; count--) {
    bytes[at] = bytes[at]! ^ (1 << random.below(8));
    at = random.below(bytes.length);
  }
  return bytes;
}

/** One to three mutations of a copy of `original`; places near the start and the end, where the headers are, come often. */
export function mutate(original: Uint8Array, random: Random): Buffer {
  let bytes: Buffer = Buffer.from(original);
  for (let count = random.pick([1, 1, 1, 2, 3]); count > 0 && bytes.length > 0; count--) {
    const place = random.below(4);
    const near = random.below(Math.min(bytes.length, 256));
    const at = place === 0 ? near : place === 1 ? bytes.length - 1 - near : random.below(bytes.length);
    bytes = random.pick(MUTATIONS)(bytes, at, random);
  }
  return bytes;
}
