/** @file The graph of one micro-batch of pretraining: both losses, predictions, and gradients added to those of earlier micro-batches. */
import type { BertConfig } from "../bert/config.js";
import { bertScope, encoder, pooler } from "../bert/encoder.js";
import { maskedLmHead, nextSentenceHead } from "../bert/heads.js";
import { PRETRAINING_HEADS, parameterTable } from "../bert/parameters.js";
import { GraphBuilder } from "../graph/builder.js";
import type { Graph } from "../graph/value.js";
import { withAccumulatedGradients } from "./accumulated-gradients.js";
import { crossEntropy } from "./cross-entropy.js";
import { collectDropout, type DropoutPlace } from "./dropout-places.js";
import { packedInputs } from "./packed-inputs.js";
import { rowBlock } from "./token-packing.js";

export interface PretrainingGraph {
  readonly graph: Graph;
  /** In the order of the forward pass; empty without dropout. */
  readonly dropoutPlaces: readonly DropoutPlace[];
}

export interface PretrainingGraphOptions {
  /** S; the batch B, the rows of tokens and the predictions M stay symbolic. */
  readonly sequenceLength: number;
  readonly dropout: boolean;
  readonly gradients: boolean;
}

/**
 * Inputs: those of `packedInputs`; `masked_rows` (rows of the
 * hidden states), `masked_ids` int32 [M], `masked_weights` float32 [M]; `next_sentence_labels` int32 [B]; the scalars `masked_lm_scale` = 1/(Σ weights + 1e-5) and `next_sentence_scale` = 1/B **of the whole batch**, so that
 * micro-batches add up to the big batch; parameters by canonical name; `dropout/…`; `accumulated/…`.
 *
 * Outputs: `loss`, `masked_lm_loss`, `next_sentence_loss` (this micro-batch's share), `masked_lm_predictions` int64 [M],
 * `next_sentence_predictions` int64 [B], `gradient/…`. Losses: google-research/bert run_pretraining.py:240–305.
 */
export function pretrainingGraph(config: BertConfig, options: PretrainingGraphOptions): PretrainingGraph {
  const { sequenceLength: S, dropout, gradients } = options;
  const g = new GraphBuilder();
  const { drop, places: dropoutPlaces } = collectDropout(g, dropout);
  const scope = bertScope(g, config, PRETRAINING_HEADS, drop);
  const inputs = packedInputs(g, config, ["B", S], rowBlock(S));
  const { hidden } = encoder(scope, inputs);

  const masked = maskedLmHead(scope, g.gather(hidden, g.input("masked_rows", "int32", ["M"]))); // [M, V]
  const maskedLosses = g.mul(
    crossEntropy(g, masked, g.input("masked_ids", "int32", ["M"])),
    g.input("masked_weights", "float32", ["M"]),
  );
  const maskedLoss = g.mul(g.reduceSum(maskedLosses, [0]), g.input("masked_lm_scale", "float32", []));

  const next = nextSentenceHead(scope, pooler(scope, hidden, inputs.layout)); // [B, 2]
  const nextLosses = crossEntropy(g, next, g.input("next_sentence_labels", "int32", ["B"]));
  const nextLoss = g.mul(g.reduceSum(nextLosses, [0]), g.input("next_sentence_scale", "float32", []));

  g.output("loss", g.add(maskedLoss, nextLoss));
  g.output("masked_lm_loss", maskedLoss);
  g.output("next_sentence_loss", nextLoss);
  g.output("masked_lm_predictions", g.argmax(masked));
  g.output("next_sentence_predictions", g.argmax(next));
  const forward = g.finish();
  const graph = gradients
    ? withAccumulatedGradients(forward, parameterTable(config, PRETRAINING_HEADS))
    : forward;
  return { graph, dropoutPlaces };
}
