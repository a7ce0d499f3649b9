/** @file The parameter table of BERT: canonical (Hugging Face) names, shapes, initialisers, weight-decay flags. No numbers. */
import type { BertConfig } from "./config.js";

/** Which heads a model has on top of the encoder. */
export type BertHead =
  | "pooler"
  | "masked-lm"
  | "next-sentence"
  | "sequence-classification"
  | "token-classification";

export interface ParameterSpec {
  /** Hugging Face name, e.g. `bert.encoder.layer.0.attention.self.query.weight`. */
  readonly name: string;
  /** Linear weights are `[out, in]`, as in PyTorch. */
  readonly shape: readonly number[];
  /** modeling.py:375–377 (truncated normal), zeros for biases, ones for LayerNorm weights. */
  readonly initializer: "truncated-normal" | "zeros" | "ones";
  /** False for LayerNorm and bias (optimization.py:59–65). */
  readonly decay: boolean;
}

/** Heads of `BertForPreTraining`. */
export const PRETRAINING_HEADS: readonly BertHead[] = ["pooler", "masked-lm", "next-sentence"];

const DECODER_ALIAS = {
  alias: "cls.predictions.decoder.weight",
  canonical: "bert.embeddings.word_embeddings.weight",
} as const;
const DECODER_BIAS_ALIAS = {
  alias: "cls.predictions.decoder.bias",
  canonical: "cls.predictions.bias",
} as const;

/** Names under which published files repeat a tied parameter, and the name that stands for both here. */
export const TIED_PARAMETERS: readonly { readonly alias: string; readonly canonical: string }[] = [
  DECODER_ALIAS,
  DECODER_BIAS_ALIAS,
];

/** Every parameter of a BERT with `heads`, in the order of transformers' state dictionary. Tied ones appear once. */
export function parameterTable(config: BertConfig, heads: readonly BertHead[] = []): ParameterSpec[] {
  const { hiddenSize: H, intermediateSize: I, vocabSize: V } = config;
  const labels = config.labels.length;
  return [
    matrix("bert.embeddings.word_embeddings.weight", V, H),
    matrix("bert.embeddings.position_embeddings.weight", config.maxPositions, H),
    matrix("bert.embeddings.token_type_embeddings.weight", config.typeVocabSize, H),
    ...layerNorm("bert.embeddings.LayerNorm", H),
    ...Array.from({ length: config.layerCount }, (_, layer) => `bert.encoder.layer.${layer}`).flatMap(
      (layer) => [
        ...linear(`${layer}.attention.self.query`, H, H),
        ...linear(`${layer}.attention.self.key`, H, H),
        ...linear(`${layer}.attention.self.value`, H, H),
        ...linear(`${layer}.attention.output.dense`, H, H),
        ...layerNorm(`${layer}.attention.output.LayerNorm`, H),
        ...linear(`${layer}.intermediate.dense`, I, H),
        ...linear(`${layer}.output.dense`, H, I),
        ...layerNorm(`${layer}.output.LayerNorm`, H),
      ],
    ),
    ...(heads.includes("pooler") ? linear("bert.pooler.dense", H, H) : []),
    ...(heads.includes("masked-lm")
      ? [
          bias("cls.predictions.bias", V),
          ...linear("cls.predictions.transform.dense", H, H),
          ...layerNorm("cls.predictions.transform.LayerNorm", H),
        ]
      : []),
    ...(heads.includes("next-sentence") ? linear("cls.seq_relationship", 2, H) : []),
    ...(heads.includes("sequence-classification") || heads.includes("token-classification")
      ? linear("classifier", labels, H)
      : []),
  ];
}

function matrix(name: string, rows: number, columns: number): ParameterSpec {
  return { name, shape: [rows, columns], initializer: "truncated-normal", decay: true };
}

function bias(name: string, size: number): ParameterSpec {
  return { name, shape: [size], initializer: "zeros", decay: false };
}

function linear(name: string, output: number, input: number): ParameterSpec[] {
  return [matrix(`${name}.weight`, output, input), bias(`${name}.bias`, output)];
}

function layerNorm(name: string, size: number): ParameterSpec[] {
  return [
    { name: `${name}.weight`, shape: [size], initializer: "ones", decay: false },
    bias(`${name}.bias`, size),
  ];
}
