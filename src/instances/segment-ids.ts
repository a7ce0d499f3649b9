/** @file Segment ids from the length of the first segment. */

/** 0 for the first `firstLength` of `length` tokens, 1 for the others. */
export function segmentIdsOf(length: number, firstLength: number): Uint8Array {
  return new Uint8Array(length).fill(1, firstLength);
}
