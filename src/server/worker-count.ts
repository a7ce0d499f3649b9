/** @file How many threads run models when nobody says: products on one thread wait for no other, but each has its own weights. */

/** More copies are worth their memory to hardly anybody. */
const MOST = 4;
/** Of the memory that this process may use. */
const SHARE = 1 / 4;

/** The weights, and their matrices in the graphs for batches and for lone requests. */
const COPIES = 3;

/** One for each thread of the arithmetic, four at most, as long as their copies of the weights fit a quarter of the memory. */
export function chooseWorkerCount(threads: number, weightBytes: number, memoryBytes: number): number {
  const fitting = Math.floor((memoryBytes * SHARE) / Math.max(1, COPIES * weightBytes));
  return Math.max(1, Math.min(threads, MOST, fitting));
}
