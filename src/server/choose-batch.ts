/** @file Which of the waiting rows run together: the one whose turn it is, and those near it in length. No clock, no thread. */

export interface WaitingRow {
  readonly length: number;
  /** Whose turn it is: the smallest first. See `Batcher`. */
  readonly turn: number;
}

export interface BatchRules {
  /** Most tokens, padding included; a longer row runs alone. */
  readonly tokens: number;
  /** Tokens that cost as much as one run of the model: padding beyond this is dearer than a run more. */
  readonly runTokens: number;
}

/** So many rows on either side of the one whose turn it is are looked at: more than a batch holds of all but the shortest. */
const NEIGHBOURS = 256;

/**
 * Indices of the rows of the next batch. The rows, sorted by length, are cut into batches so that all of them together cost the
 * least, runs and padding; the batch with the row whose turn it is is the next one, so none waits for ever.
 */
export function chooseBatch(rows: readonly WaitingRow[], { tokens, runTokens }: BatchRules): number[] {
  const order = rows
    .map((_, index) => index)
    .sort((a, b) => rows[a]!.length - rows[b]!.length || rows[a]!.turn - rows[b]!.turn);
  let next = 0;
  for (let at = 1; at < order.length; at++) if (rows[order[at]!]!.turn < rows[order[next]!]!.turn) next = at;
  const first = Math.max(0, next - NEIGHBOURS);
  const near = order.slice(first, next + NEIGHBOURS + 1);

  // cost[end] of the first `end` rows, the last batch of which starts at start[end].
  const cost = new Float64Array(near.length + 1).fill(Number.POSITIVE_INFINITY);
  const start = new Int32Array(near.length + 1);
  cost[0] = 0;
  for (let end = 1; end <= near.length; end++) {
    const longest = rows[near[end - 1]!]!.length;
    for (let from = end - 1; from >= 0; from--) {
      const padded = (end - from) * longest;
      if (padded > tokens && from < end - 1) break;
      const together = cost[from]! + runTokens + padded;
      if (together > cost[end]!) continue;
      cost[end] = together;
      start[end] = from;
    }
  }
  let end = near.length;
  while (start[end]! > next - first) end = start[end]!;
  return near.slice(start[end], end);
}
