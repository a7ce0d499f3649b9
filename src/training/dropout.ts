/** @file Dropout masks that are a pure function of (seed, step, place, row of the whole batch, element): nothing to save, nothing to resume. */

import { internalError } from "../errors.js";
import { philox, STREAMS } from "../util/counter-random.js";

/** A draw has 32 bits: 6 choose a column of the alias table, 26 decide within it. */
const COLUMNS = 64;
const FRACTION_BITS = 26;
const FRACTION = 2 ** FRACTION_BITS;

/**
 * Walker's alias table of the number of kept elements before the next dropped one: outcome k < 63 is "k kept, one dropped",
 * outcome 63 "63 kept, none dropped yet". Exact to 2⁻²⁶ a column, and ten times fewer draws than one an element at p = 0.1.
 */
interface GapTable {
  /** Outcome = column when the fraction is below this, else the alias. */
  readonly threshold: Uint32Array;
  readonly alias: Uint8Array;
}

function buildGapTable(p: number): GapTable {
  const scaled = Array.from(
    { length: COLUMNS },
    (_, k) => COLUMNS * (k < COLUMNS - 1 ? p : 1) * (1 - p) ** k,
  );
  const threshold = new Uint32Array(COLUMNS);
  const alias = new Uint8Array(COLUMNS);
  const small = scaled.flatMap((mass, k) => (mass < 1 ? [k] : []));
  const large = scaled.flatMap((mass, k) => (mass < 1 ? [] : [k]));
  while (small.length > 0 && large.length > 0) {
    const [less, more] = [small.pop()!, large.at(-1)!];
    threshold[less] = Math.round(scaled[less]! * FRACTION);
    alias[less] = more;
    scaled[more]! -= 1 - scaled[less]!;
    if (scaled[more]! < 1) small.push(large.pop()!);
  }
  for (const full of [...small, ...large]) threshold[full] = FRACTION;
  return { threshold, alias };
}

export interface DropoutKey {
  readonly seed: number;
  readonly step: number;
  /** Index of the place in the model: layer and kind. */
  readonly place: number;
  /** Row of the whole batch that the first row of the mask is: the same whatever the micro-batches. */
  readonly firstRow: number;
}

/** Makes masks for one probability `p` in [0, 1). */
export class DropoutMasks {
  readonly #table: GapTable;
  readonly #keep: number;
  readonly #p: number;
  readonly #block = new Uint32Array(4);

  constructor(p: number) {
    if (!(p >= 0 && p < 1)) throw internalError(`a dropout probability of ${p}.`);
    this.#p = p;
    this.#keep = 1 / (1 - p);
    this.#table = buildGapTable(p === 0 ? 0.5 : p);
  }

  /** Fills `mask` [rows, …] with 0 (dropped, probability p) or 1/(1 − p) (kept). */
  fill(mask: Float32Array, rows: number, { seed, step, place, firstRow }: DropoutKey): void {
    mask.fill(this.#keep);
    if (this.#p === 0) return;
    const rowSize = mask.length / rows;
    const { threshold, alias } = this.#table;
    const block = this.#block;
    for (let row = 0; row < rows; row++) {
      const end = (row + 1) * rowSize;
      for (let at = row * rowSize, draw = 0; at < end; draw++) {
        if ((draw & 3) === 0)
          philox([STREAMS.dropout, seed], [draw >>> 2, firstRow + row, step, place], block);
        const word = block[draw & 3]!;
        const column = word >>> FRACTION_BITS;
        const kept = (word & (FRACTION - 1)) < threshold[column]! ? column : alias[column]!;
        at += kept;
        if (kept === COLUMNS - 1) continue;
        if (at < end) mask[at] = 0;
        at += 1;
      }
    }
  }
}
