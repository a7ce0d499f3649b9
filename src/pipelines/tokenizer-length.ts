/** @file The longest sequence that a tokenizer and the model behind it both allow. */

const DEFAULT_POSITIONS = 512;

/** `said` is the tokenizer's own limit, `config` the model's `config.json`. In tokens, special ones included. */
export function maxLengthOf(said: number | null, config: Readonly<Record<string, unknown>>): number {
  const positions = config["max_position_embeddings"];
  const limit = typeof positions === "number" ? positions : DEFAULT_POSITIONS;
  return Math.min(said ?? limit, limit);
}
