/** @file Which of the waiting rows run together: the one whose turn it is, and those near it in length. No clock, no thread. */

export interface WaitingRow {
  readonly length: number;
  /** Whose turn it is: the smallest first. See `Batcher`. */
  readonly turn: number;
}

export interface BatchRules {
  /** Most tokens, padding included; a longer row runs alone. */
  readonly tokens: number;
  /** Tokens that cost as much as one run of the model: so much padding a row is cheaper than a run of its own. */
  readonly runTokens: number;
  /** Padding up to this share is always taken. */
  readonly padding: number;
}

/**
 * Indices of the rows of the next batch. The row whose turn it is is always among them, so none waits for ever; the others
 * are the nearest in length, shorter or longer, as long as padding them costs less than running them apart.
 */
export function chooseBatch(
  rows: readonly WaitingRow[],
  { tokens, runTokens, padding }: BatchRules,
): number[] {
  const order = rows
    .map((_, index) => index)
    .sort((a, b) => rows[a]!.length - rows[b]!.length || rows[a]!.turn - rows[b]!.turn);
  let first = 0;
  for (let at = 1; at < order.length; at++)
    if (rows[order[at]!]!.turn < rows[order[first]!]!.turn) first = at;
  let low = first;
  let high = first + 1;
  let sum = rows[order[first]!]!.length;
  const fits = (length: number, longest: number): boolean => {
    const count = high - low + 1;
    const padded = count * longest;
    const waste = padded - sum - length;
    return padded <= tokens && waste <= Math.max(padding * padded, runTokens * (count - 1));
  };
  for (;;) {
    const longest = rows[order[high - 1]!]!.length;
    const shorter = low > 0 ? rows[order[low - 1]!]!.length : null;
    const longer = high < order.length ? rows[order[high]!]!.length : null;
    const takesShorter = shorter !== null && fits(shorter, longest);
    const takesLonger = longer !== null && fits(longer, longer);
    if (!takesShorter && !takesLonger) break;
    // A shorter row is padded alone; a longer one makes padding for all that are there.
    const isCloser =
      takesShorter && (!takesLonger || longest - shorter <= (longer! - longest) * (high - low));
    if (isCloser) {
      low -= 1;
      sum += shorter;
    } else {
      high += 1;
      sum += longer!;
    }
  }
  return order.slice(low, high);
}
