/** @file spaCy's 64-bit ids of strings: MurmurHash64A of the UTF-8 bytes, except for symbol names, which have small ids. */

const SEED = 1n;
const MULTIPLIER = 0xc6a4a7935bd1e995n;
const SHIFT = 47n;
const MASK = 0xffffffffffffffffn;

const encoder = new TextEncoder();

/**
 * `spacy.strings.hash_string`: MurmurHash64A, seed 1. Python refuses lone surrogates here; they are hashed as U+FFFD,
 * which is what UTF-8 encoders do with them.
 */
export function hashString(text: string): bigint {
  const bytes = encoder.encode(text);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let hash = SEED ^ ((BigInt(bytes.length) * MULTIPLIER) & MASK);
  const whole = bytes.length & ~7;
  for (let at = 0; at < whole; at += 8) {
    let key = (view.getBigUint64(at, true) * MULTIPLIER) & MASK;
    key ^= key >> SHIFT;
    hash = ((hash ^ ((key * MULTIPLIER) & MASK)) * MULTIPLIER) & MASK;
  }
  if (whole < bytes.length) {
    let tail = 0n;
    for (let at = bytes.length - 1; at >= whole; at--) tail = (tail << 8n) | BigInt(bytes[at]!);
    hash = ((hash ^ tail) * MULTIPLIER) & MASK;
  }
  hash ^= hash >> SHIFT;
  hash = (hash * MULTIPLIER) & MASK;
  return hash ^ (hash >> SHIFT);
}

/** Ids of strings in one version of spaCy: `StringStore.add` without the store. */
export type StringIds = (text: string) => bigint;

/** `runs` are the symbol names of that version: first id and consecutive names. The empty string is 0. */
export function createStringIds(runs: readonly (readonly [number, string])[]): StringIds {
  const symbols = new Map<string, bigint>([["", 0n]]);
  for (const [first, names] of runs)
    for (const [index, name] of names.split(" ").entries()) symbols.set(name, BigInt(first + index));
  return (text) => symbols.get(text) ?? hashString(text);
}
