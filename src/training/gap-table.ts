/** @file Walker's alias table of the gaps between dropped elements: ten times fewer draws than one an element at p = 0.1. */

/** A draw has 32 bits: 6 choose a column of the table, 26 decide within it. */
export const COLUMNS = 64;
export const FRACTION_BITS = 26;
export const ALIAS_BITS = 32 - FRACTION_BITS;
const FRACTION = 2 ** FRACTION_BITS;

/**
 * For a drop probability `p` in (0, 1), the number of kept elements before the next dropped one: outcome k < 63 is "k kept,
 * one dropped", outcome 63 "63 kept, none dropped yet". Exact to 2⁻²⁶ a column. An entry is threshold · 64 + alias: the
 * outcome is the column when the draw's lower 26 bits are below the threshold, else the alias.
 */
export function buildGapTable(p: number): Uint32Array {
  const scaled = Array.from(
    { length: COLUMNS },
    (_, k) => COLUMNS * (k < COLUMNS - 1 ? p : 1) * (1 - p) ** k,
  );
  // A full column is its own alias, so that its threshold does not matter.
  const entries = Uint32Array.from({ length: COLUMNS }, (_, k) => k);
  const small = scaled.flatMap((mass, k) => (mass < 1 ? [k] : []));
  const large = scaled.flatMap((mass, k) => (mass < 1 ? [] : [k]));
  while (small.length > 0 && large.length > 0) {
    const [less, more] = [small.pop()!, large.at(-1)!];
    const threshold = Math.round(scaled[less]! * FRACTION);
    if (threshold < FRACTION) entries[less] = threshold * 2 ** ALIAS_BITS + more;
    scaled[more]! -= 1 - scaled[less]!;
    if (scaled[more]! < 1) small.push(large.pop()!);
  }
  return entries;
}
