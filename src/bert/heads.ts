/** @file What stands on top of the encoder: masked-LM, next-sentence, sequence and token classification. */
import type { Value } from "../graph/value.js";
import { activation, type BertScope, layerNorm, linear } from "./encoder.js";

/** run_pretraining.py:240–264: dense, activation, layer normalisation, tied decoder. x [N, H] -> logits [N, V] */
export function maskedLmHead(scope: BertScope, x: Value): Value {
  const { g, parameter } = scope;
  const transformed = activation(scope, linear(scope, x, "cls.predictions.transform.dense"));
  const normalized = layerNorm(scope, transformed, "cls.predictions.transform.LayerNorm");
  const table = parameter("bert.embeddings.word_embeddings.weight");
  return g.gemm(normalized, table, { transB: true, addend: parameter("cls.predictions.bias") });
}

/** run_pretraining.py:285–305: pooled [B, H] -> logits [B, 2]; class 0 = the next sentence, 1 = a random one. */
export function nextSentenceHead(scope: BertScope, pooled: Value): Value {
  return linear(scope, pooled, "cls.seq_relationship");
}

/** `BertForSequenceClassification`: dropout, then linear. pooled [B, H] -> logits [B, labels] */
export function sequenceClassificationHead(scope: BertScope, pooled: Value): Value {
  return linear(scope, scope.dropout(pooled, "pooled"), "classifier");
}

/** `BertForTokenClassification`: dropout, then linear. hidden [T, H] -> logits [T, labels] */
export function tokenClassificationHead(scope: BertScope, hidden: Value): Value {
  return linear(scope, scope.dropout(hidden, "hidden"), "classifier");
}
