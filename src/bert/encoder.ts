/** @file The forward graph of BERT: embeddings, transformer layers, pooler. Gradients belong to the ops, not here. */
import type { GraphBuilder } from "../graph/builder.js";
import { type Dim, productOf } from "../graph/dim.js";
import type { Value } from "../graph/value.js";
import type { BertConfig } from "./config.js";
import { type BertHead, parameterTable } from "./parameters.js";
import type { TokenLayout } from "./token-layout.js";

/**
 * What the graph functions of this folder work with. Shape letters: B batch, S sequence length, T rows of tokens (`TokenLayout`),
 * H hidden, A heads, D = H/A, I intermediate. Hidden states are [T, H] throughout, so that every linear layer is one product.
 */
export interface BertScope {
  readonly g: GraphBuilder;
  readonly config: BertConfig;
  /** The parameter of a canonical name. */
  readonly parameter: (name: string) => Value;
  /** Drops elements of x at a named place; the identity in inference. */
  readonly dropout: (x: Value, place: string) => Value;
}

/** A scope whose parameters are graph inputs under their canonical names. */
export function bertScope(
  g: GraphBuilder,
  config: BertConfig,
  heads: readonly BertHead[],
  dropout: BertScope["dropout"] = (x) => x,
): BertScope {
  const parameters = new Map(parameterTable(config, heads).map(({ name, shape }) => [name, shape]));
  return { g, config, dropout, parameter: (name) => g.input(name, "float32", parameters.get(name)!) };
}

/** Inputs of text pairs, all whole numbers. */
export interface BertInputs {
  /** [B, S], or [T] when packed. */
  readonly ids: Value;
  /** As `ids`. */
  readonly typeIds: Value;
  /** [B, S]: 1 for tokens, 0 for padding. */
  readonly attentionMask: Value;
  readonly layout: TokenLayout;
}

export interface EncoderOutputs {
  /** [T, H] after the last layer. */
  readonly hidden: Value;
  /** [T, H]: the embeddings, then every layer: L + 1 of them. */
  readonly states: readonly Value[];
  /** [B, A, S, S] attention probabilities of every layer, before dropout. */
  readonly attentions: readonly Value[];
}

/** modeling.py:107–238 `BertModel` without the pooler. */
export function encoder(scope: BertScope, inputs: BertInputs): EncoderOutputs {
  const { attentionMask, layout } = inputs;
  const mask = maskAdder(scope, attentionMask);
  const states = [embeddings(scope, inputs)];
  const attentions: Value[] = [];
  for (let layer = 0; layer < scope.config.layerCount; layer++) {
    const { hidden, attention } = transformerLayer(scope, layer, states.at(-1)!, { mask, layout });
    states.push(hidden);
    attentions.push(attention);
  }
  return { hidden: states.at(-1)!, states, attentions };
}

/** modeling.py:387–520: word + type + position, layer normalisation, dropout. [T, H] */
function embeddings(scope: BertScope, { ids, typeIds, layout }: BertInputs): Value {
  const { g, config, parameter, dropout } = scope;
  const words = g.gather(parameter("bert.embeddings.word_embeddings.weight"), ids); // [B, S, H] or [T, H]
  const types = g.gather(parameter("bert.embeddings.token_type_embeddings.weight"), typeIds);
  const positions = layout.positions(parameter("bert.embeddings.position_embeddings.weight"));
  const sum = g.add(g.add(words, types), positions);
  const rows = g.reshape(sum, [productOf(ids.dims), config.hiddenSize]);
  return dropout(layerNorm(scope, rows, "bert.embeddings.LayerNorm"), "embeddings");
}

/** modeling.py:712: −10000 added to the scores of padding. [B, 1, 1, S] */
function maskAdder({ g }: BertScope, attentionMask: Value): Value {
  const [B, S] = attentionMask.dims as readonly [Dim, Dim];
  const padding = g.sub(g.scalar(1), g.cast(attentionMask, "float32"));
  return g.reshape(g.mul(padding, g.scalar(-10000)), [B, 1, 1, S]);
}

interface AttentionPlaces {
  /** [B, 1, 1, S], added to the scores. */
  readonly mask: Value;
  readonly layout: TokenLayout;
}

/** modeling.py:826–880, one post-norm transformer layer. */
function transformerLayer(
  scope: BertScope,
  layer: number,
  x: Value,
  places: AttentionPlaces,
): { hidden: Value; attention: Value } {
  const { g, dropout } = scope;
  const name = `bert.encoder.layer.${layer}`;
  const { context, attention } = selfAttention(scope, layer, x, places);
  const attended = dropout(
    linear(scope, context, `${name}.attention.output.dense`),
    `layer.${layer}.attention.output`,
  );
  const middle = layerNorm(scope, g.add(attended, x), `${name}.attention.output.LayerNorm`); // [T, H]
  const expanded = activation(scope, linear(scope, middle, `${name}.intermediate.dense`)); // [T, I]
  const contracted = dropout(linear(scope, expanded, `${name}.output.dense`), `layer.${layer}.output`); // [T, H]
  return { hidden: layerNorm(scope, g.add(contracted, middle), `${name}.output.LayerNorm`), attention };
}

/** modeling.py:558–751: softmax(Q Kᵀ/√D + mask) V by heads. */
function selfAttention(
  scope: BertScope,
  layer: number,
  x: Value,
  { mask, layout }: AttentionPlaces,
): { context: Value; attention: Value } {
  const { g, config, dropout } = scope;
  const A = config.headCount;
  const D = config.hiddenSize / A;
  const heads = (part: string): Value =>
    layout.splitHeads(linear(scope, x, `bert.encoder.layer.${layer}.attention.self.${part}`), A); // [B, A, S, D]
  const scores = g.matmul(heads("query"), heads("key"), { transB: true, alpha: 1 / Math.sqrt(D) }); // [B, A, S, S]
  const attention = g.softmax(g.add(scores, mask));
  const context = g.matmul(dropout(attention, `layer.${layer}.attention.probabilities`), heads("value")); // [B, A, S, D]
  return { context: layout.joinHeads(context), attention };
}

/** modeling.py:224–232: tanh of a linear layer on the first token. [B, H] */
export function pooler(scope: BertScope, hidden: Value, layout: TokenLayout): Value {
  return scope.g.tanh(linear(scope, layout.firstTokens(hidden), "bert.pooler.dense"));
}

/** x Wᵀ + b for rows x [N, in] and W [out, in]. */
export function linear({ g, parameter }: BertScope, x: Value, name: string): Value {
  return g.gemm(x, parameter(`${name}.weight`), { transB: true, addend: parameter(`${name}.bias`) });
}

export function layerNorm({ g, config, parameter }: BertScope, x: Value, name: string): Value {
  return g.layerNormalization(
    x,
    parameter(`${name}.weight`),
    parameter(`${name}.bias`),
    config.layerNormEpsilon,
  );
}

export function activation({ g, config }: BertScope, x: Value): Value {
  if (config.hiddenActivation === "relu") return g.relu(x);
  return g.gelu(x, config.hiddenActivation === "gelu" ? "erf" : "tanh");
}
