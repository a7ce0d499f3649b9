/** @file Rows of a hash embedding table for one 64-bit id: MurmurHash3 x64_128, four unsigned 32-bit words. */

const MASK = 0xffffffffffffffffn;
const FIRST = 0x87c37b91114253d5n;
const SECOND = 0x4cf5ad432745937fn;

/** Writes `hash(id, seed) mod rows` for the four words of the hash (thinc backends/numpy_ops.pyx, MurmurHash3_x86_128_uint64). */
export function hashRows(id: bigint, seed: number, rows: number, output: Uint32Array, at: number): void {
  const start = BigInt(seed);
  let h1 = (id * FIRST) & MASK;
  h1 = ((h1 << 31n) | (h1 >> 33n)) & MASK;
  h1 = (h1 * SECOND) & MASK;
  h1 ^= start;
  h1 ^= 8n;
  let h2 = start ^ 8n;
  h1 = (h1 + h2) & MASK;
  h2 = (h2 + h1) & MASK;
  h1 = finalMix(h1);
  h2 = finalMix(h2);
  h1 = (h1 + h2) & MASK;
  h2 = (h2 + h1) & MASK;
  output[at] = Number(h1 & 0xffffffffn) % rows;
  output[at + 1] = Number(h1 >> 32n) % rows;
  output[at + 2] = Number(h2 & 0xffffffffn) % rows;
  output[at + 3] = Number(h2 >> 32n) % rows;
}

function finalMix(key: bigint): bigint {
  let mixed = key ^ (key >> 33n);
  mixed = (mixed * 0xff51afd7ed558ccdn) & MASK;
  mixed ^= mixed >> 33n;
  mixed = (mixed * 0xc4ceb9fe1a85ec53n) & MASK;
  return mixed ^ (mixed >> 33n);
}
