/** @file The graph of one micro-batch of fine-tuning: weighted cross-entropy of every answer, predictions, and gradients added to earlier ones. */
import type { BertConfig } from "../../bert/config.js";
import { bertScope, encoder, pooler } from "../../bert/encoder.js";
import { sequenceClassificationHead, tokenClassificationHead } from "../../bert/heads.js";
import { type BertHead, parameterTable } from "../../bert/parameters.js";
import { GraphBuilder } from "../../graph/builder.js";
import type { Graph } from "../../graph/value.js";
import { withAccumulatedGradients } from "../../training/accumulated-gradients.js";
import { crossEntropy } from "../../training/cross-entropy.js";
import { collectDropout, type DropoutPlace } from "../../training/dropout-places.js";
import { packedInputs } from "../../training/packed-inputs.js";
import { packedRowsDim } from "../../training/token-packing.js";

export interface FinetuningGraph {
  readonly graph: Graph;
  /** In the order of the forward pass; empty without dropout. */
  readonly dropoutPlaces: readonly DropoutPlace[];
}

export interface FinetuningGraphOptions {
  readonly dropout: boolean;
  readonly gradients: boolean;
}

/** Of the packed rows: the length is not known beforehand. */
export const ROW_BLOCK = 1;

/**
 * Inputs: those of `packedInputs`, batch and length symbolic; `labels` int32 [N] and `label_weights` float32 [N], where N = T for token
 * classification and B for texts. The weights are 0 where no answer is
 * asked, and carry the division by the number of answers **of the whole batch**, so that micro-batches add up to the big batch.
 *
 * Outputs: `loss` (this micro-batch's share), `predictions` int64 [N], `logits` [N, labels], `gradient/…`.
 */
export function finetuningGraph(
  config: BertConfig,
  heads: readonly BertHead[],
  { dropout, gradients }: FinetuningGraphOptions,
): FinetuningGraph {
  const g = new GraphBuilder();
  const { drop, places } = collectDropout(g, dropout);
  const scope = bertScope(g, config, heads, drop);
  const inputs = packedInputs(g, config, ["B", "S"], ROW_BLOCK);
  const { hidden } = encoder(scope, inputs);
  const ofTokens = heads.includes("token-classification");
  const N = ofTokens ? packedRowsDim(ROW_BLOCK) : "B";
  const logits = ofTokens
    ? tokenClassificationHead(scope, hidden)
    : sequenceClassificationHead(scope, pooler(scope, hidden, inputs.layout));
  const losses = crossEntropy(g, logits, g.input("labels", "int32", [N]));
  g.output("loss", g.reduceSum(g.mul(losses, g.input("label_weights", "float32", [N])), [0]));
  g.output("predictions", g.argmax(logits));
  g.output("logits", logits);
  const forward = g.finish();
  const graph = gradients ? withAccumulatedGradients(forward, parameterTable(config, heads)) : forward;
  return { graph, dropoutPlaces: places };
}
