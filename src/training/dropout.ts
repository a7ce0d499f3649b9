/** @file Dropout masks that are a pure function of (seed, step, place, row of the whole batch, element): nothing to save, nothing to resume. */
import { internalError } from "../errors.js";
import { createDropoutKernel, type DropoutKernel } from "./dropout-kernel.js";
import { buildGapTable } from "./gap-table.js";

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
  /** Null when nothing is dropped. */
  readonly #kernel: DropoutKernel | null;
  readonly #keep: number;

  constructor(p: number) {
    if (!(p >= 0 && p < 1)) throw internalError(`a dropout probability of ${p}.`);
    this.#keep = 1 / (1 - p);
    this.#kernel = p === 0 ? null : createDropoutKernel(buildGapTable(p));
  }

  /**
   * Fills `mask` with 0 (dropped, probability p) or 1/(1 − p) (kept): rows of the given `sizes`, then kept ones to its end. A shorter
   * row has the first draws of a longer one.
   */
  fill(mask: Float32Array, sizes: readonly number[], { seed, step, place, firstRow }: DropoutKey): void {
    if (this.#kernel === null) {
      mask.fill(this.#keep);
      return;
    }
    let at = 0;
    for (const [row, size] of sizes.entries()) {
      mask.set(this.#kernel.draw(size, this.#keep, seed, firstRow + row, step, place), at);
      at += size;
    }
    mask.fill(this.#keep, at);
  }
}
