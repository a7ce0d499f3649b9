/** @file The graph that a loaded model runs: Hugging Face's input and output names, symbolic batch and length, no dropout. */
import { GraphBuilder } from "../graph/builder.js";
import type { Dim } from "../graph/dim.js";
import type { Graph, Value } from "../graph/value.js";
import type { BertConfig } from "./config.js";
import { bertScope, encoder, pooler } from "./encoder.js";
import {
  maskedLmHead,
  nextSentenceHead,
  sequenceClassificationHead,
  tokenClassificationHead,
} from "./heads.js";
import type { BertHead } from "./parameters.js";
import { paddedLayout } from "./token-layout.js";

export interface InferenceGraphOptions {
  readonly heads?: readonly BertHead[];
  /** Adds `hidden_states.0` … `hidden_states.L`, each [B, S, H]. */
  readonly hiddenStates?: boolean;
  /** Adds `attentions.0` … `attentions.(L−1)`, each [B, A, S, S]. */
  readonly attentions?: boolean;
}

/**
 * Inputs `input_ids`, `attention_mask`, `token_type_ids`: int64 [B, S], and the parameters under their canonical names.
 * Outputs: without a task head `last_hidden_state` [B, S, H] (and `pooler_output` [B, H] with the pooler); with one
 * `logits`; with both pretraining heads `prediction_logits` [B, S, V] and `seq_relationship_logits` [B, 2].
 */
export function inferenceGraph(config: BertConfig, options: InferenceGraphOptions = {}): Graph {
  const { heads = [], hiddenStates = false, attentions = false } = options;
  const g = new GraphBuilder();
  const dims: readonly [Dim, Dim] = ["B", "S"];
  const layout = paddedLayout(g, dims);
  const inputs = {
    layout,
    ids: g.input("input_ids", "int64", dims),
    attentionMask: g.input("attention_mask", "int64", dims),
    typeIds: g.input("token_type_ids", "int64", dims),
  };
  const scope = bertScope(g, config, heads);
  const outputs = encoder(scope, inputs);
  const bySequence = (x: Value): Value => g.reshape(x, [...dims, x.dims[1]!]);

  const pooled = heads.includes("pooler") ? pooler(scope, outputs.hidden, layout) : null;
  const logits: [BertHead, () => Value][] = [
    ["masked-lm", () => bySequence(maskedLmHead(scope, outputs.hidden))],
    ["next-sentence", () => nextSentenceHead(scope, pooled!)],
    ["sequence-classification", () => sequenceClassificationHead(scope, pooled!)],
    ["token-classification", () => bySequence(tokenClassificationHead(scope, outputs.hidden))],
  ];
  const present = logits.filter(([head]) => heads.includes(head));
  if (present.length === 0) {
    g.output("last_hidden_state", bySequence(outputs.hidden));
    if (pooled !== null) g.output("pooler_output", pooled);
  }
  const bothPretraining = present.length > 1;
  for (const [head, build] of present) {
    const pretrainingName = head === "masked-lm" ? "prediction_logits" : "seq_relationship_logits";
    g.output(bothPretraining ? pretrainingName : "logits", build());
  }
  if (hiddenStates)
    for (const [index, state] of outputs.states.entries())
      g.output(`hidden_states.${index}`, bySequence(state));
  if (attentions)
    for (const [index, weights] of outputs.attentions.entries()) g.output(`attentions.${index}`, weights);
  return g.finish();
}
