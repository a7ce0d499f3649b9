/** @file The graph of one micro-batch of pretraining: both losses, predictions, and gradients added to those of earlier micro-batches. */
import type { BertConfig } from "../bert/config.js";
import { bertScope, encoder, pooler } from "../bert/encoder.js";
import { maskedLmHead, nextSentenceHead } from "../bert/heads.js";
import { PRETRAINING_HEADS, parameterTable } from "../bert/parameters.js";
import { GraphBuilder } from "../graph/builder.js";
import { accumulate, differentiate, gradientName } from "../graph/differentiate.js";
import type { Dim } from "../graph/dim.js";
import type { Graph, Value } from "../graph/value.js";

/** Name of the input that a gradient is added to. */
export function accumulatedName(parameter: string): string {
  return `accumulated/${parameter}`;
}

/** A mask that the graph wants fed: `dropout/PLACE`, with its dims and which probability it has. */
export interface DropoutPlace {
  readonly input: string;
  readonly dims: readonly Dim[];
  readonly kind: "hidden" | "attention";
}

export interface PretrainingGraph {
  readonly graph: Graph;
  /** In the order of the forward pass; empty without dropout. */
  readonly dropoutPlaces: readonly DropoutPlace[];
}

export interface PretrainingGraphOptions {
  /** S; the batch B stays symbolic. */
  readonly sequenceLength: number;
  readonly dropout: boolean;
  readonly gradients: boolean;
}

/**
 * Inputs: `input_ids`, `token_type_ids`, `attention_mask` int32 [B, S]; `masked_rows` (row b·S + position of the hidden
 * states), `masked_ids` int32 [M], `masked_weights` float32 [M] (0 for padded predictions); `next_sentence_labels` int32
 * [B]; the scalars `masked_lm_scale` = 1/(Σ weights + 1e-5) and `next_sentence_scale` = 1/B **of the whole batch**, so that
 * micro-batches add up to the big batch; parameters by canonical name; `dropout/…`; `accumulated/…`.
 *
 * Outputs: `loss`, `masked_lm_loss`, `next_sentence_loss` (this micro-batch's share), `masked_lm_predictions` int64 [M],
 * `next_sentence_predictions` int64 [B], `gradient/…`. Losses: google-research/bert run_pretraining.py:240–305.
 */
export function pretrainingGraph(config: BertConfig, options: PretrainingGraphOptions): PretrainingGraph {
  const { sequenceLength: S, dropout, gradients } = options;
  const g = new GraphBuilder();
  const dropoutPlaces: DropoutPlace[] = [];
  const drop = (x: Value, place: string): Value => {
    if (!dropout) return x;
    const input = `dropout/${place}`;
    dropoutPlaces.push({
      input,
      dims: x.dims,
      kind: place.endsWith("attention.probabilities") ? "attention" : "hidden",
    });
    return g.mul(x, g.input(input, "float32", x.dims));
  };
  const scope = bertScope(g, config, PRETRAINING_HEADS, drop);
  const { hidden } = encoder(scope, {
    ids: g.input("input_ids", "int32", ["B", S]),
    typeIds: g.input("token_type_ids", "int32", ["B", S]),
    attentionMask: g.input("attention_mask", "int32", ["B", S]),
  });

  const masked = maskedLmHead(scope, g.gather(hidden, g.input("masked_rows", "int32", ["M"]))); // [M, V]
  const maskedLosses = g.mul(
    crossEntropy(g, masked, g.input("masked_ids", "int32", ["M"])),
    g.input("masked_weights", "float32", ["M"]),
  );
  const maskedLoss = g.mul(g.reduceSum(maskedLosses, [0]), g.input("masked_lm_scale", "float32", []));

  const next = nextSentenceHead(scope, pooler(scope, hidden, ["B", S])); // [B, 2]
  const nextLosses = crossEntropy(g, next, g.input("next_sentence_labels", "int32", ["B"]));
  const nextLoss = g.mul(g.reduceSum(nextLosses, [0]), g.input("next_sentence_scale", "float32", []));

  g.output("loss", g.add(maskedLoss, nextLoss));
  g.output("masked_lm_loss", maskedLoss);
  g.output("next_sentence_loss", nextLoss);
  g.output("masked_lm_predictions", g.argmax(masked));
  g.output("next_sentence_predictions", g.argmax(next));
  const forward = g.finish();
  return { graph: gradients ? withAccumulatedGradients(forward, config) : forward, dropoutPlaces };
}

/** −log softmax at the label of each row: [N, C], [N] -> [N] */
function crossEntropy(g: GraphBuilder, logits: Value, labels: Value): Value {
  return g.neg(g.pick(g.logSoftmax(logits), labels));
}

function withAccumulatedGradients(forward: Graph, config: BertConfig): Graph {
  const table = parameterTable(config, PRETRAINING_HEADS);
  const differentiated = differentiate(
    forward,
    "loss",
    table.map(({ name }) => name),
  );
  const g = GraphBuilder.from(differentiated);
  for (const { name, shape } of table) {
    const gradient = differentiated.outputs.get(gradientName(name))!;
    g.output(gradientName(name), accumulate(g, gradient, g.input(accumulatedName(name), "float32", shape)));
  }
  return g.finish();
}
