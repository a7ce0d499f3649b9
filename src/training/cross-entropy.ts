/** @file The loss of every head here: cross-entropy of each row. */
import type { GraphBuilder } from "../graph/builder.js";
import type { Value } from "../graph/value.js";

/** −log softmax at the label of each row: [N, C], [N] -> [N] */
export function crossEntropy(g: GraphBuilder, logits: Value, labels: Value): Value {
  return g.neg(g.pick(g.logSoftmax(logits), labels));
}
