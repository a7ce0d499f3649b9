/** @file The BERT configuration: `config.json` as Hugging Face writes it, `bert_config.json` as Google does. */
import { ClinicalBertError } from "../errors.js";

/** `gelu` is the erf form, `gelu_new` the tanh form (Google since bee6030); Hugging Face's names. */
export type HiddenActivation = "gelu" | "gelu_new" | "relu";

export interface BertConfig {
  /** V. */
  readonly vocabSize: number;
  /** H. */
  readonly hiddenSize: number;
  /** L. */
  readonly layerCount: number;
  /** A. */
  readonly headCount: number;
  /** I. */
  readonly intermediateSize: number;
  readonly hiddenActivation: HiddenActivation;
  readonly hiddenDropout: number;
  readonly attentionDropout: number;
  /** Largest S. */
  readonly maxPositions: number;
  readonly typeVocabSize: number;
  /** Standard deviation of the truncated normal initialiser. */
  readonly initializerRange: number;
  /** ε of every layer normalisation. */
  readonly layerNormEpsilon: number;
  readonly padTokenId: number;
  /** Class names of a classification head, by index; empty for a model without one. */
  readonly labels: readonly string[];
}

/** BERT-Base, cased vocabulary (google-research/bert modeling.py:34–60 and the published `bert_config.json`). */
export const BERT_BASE: BertConfig = {
  vocabSize: 28996,
  hiddenSize: 768,
  layerCount: 12,
  headCount: 12,
  intermediateSize: 3072,
  hiddenActivation: "gelu",
  hiddenDropout: 0.1,
  attentionDropout: 0.1,
  maxPositions: 512,
  typeVocabSize: 2,
  initializerRange: 0.02,
  layerNormEpsilon: 1e-12,
  padTokenId: 0,
  labels: [],
};

const NUMBERS = {
  vocab_size: "vocabSize",
  hidden_size: "hiddenSize",
  num_hidden_layers: "layerCount",
  num_attention_heads: "headCount",
  intermediate_size: "intermediateSize",
  hidden_dropout_prob: "hiddenDropout",
  attention_probs_dropout_prob: "attentionDropout",
  max_position_embeddings: "maxPositions",
  type_vocab_size: "typeVocabSize",
  initializer_range: "initializerRange",
  layer_norm_eps: "layerNormEpsilon",
  pad_token_id: "padTokenId",
} as const;

const REQUIRED = [
  "vocab_size",
  "hidden_size",
  "num_hidden_layers",
  "num_attention_heads",
  "intermediate_size",
] as const;
const SIZES = new Set<string>([...REQUIRED, "max_position_embeddings", "type_vocab_size"]);

/** Which numbers a key may have. */
function rangeOf(key: string): { readonly test: (value: number) => boolean; readonly wanted: string } {
  if (SIZES.has(key))
    return { test: (value) => Number.isSafeInteger(value) && value > 0, wanted: "a positive whole number" };
  if (key === "pad_token_id")
    return { test: (value) => Number.isSafeInteger(value) && value >= 0, wanted: "a whole number" };
  if (key.endsWith("_prob"))
    return { test: (value) => value >= 0 && value < 1, wanted: "a probability below 1" };
  return { test: (value) => Number.isFinite(value) && value >= 0, wanted: "a non-negative number" };
}

const ACTIVATIONS: readonly HiddenActivation[] = ["gelu", "gelu_new", "relu"];
/** Other names of the tanh form in published configurations. */
const TANH_ALIASES = new Set(["gelu_pytorch_tanh", "gelu_fast"]);

/**
 * Reads a parsed `config.json` or `bert_config.json`; absent optional keys take transformers' defaults, keys of other
 * libraries are ignored. `path` is for messages. Throws `BERT_CONFIG` for a missing or impossible value.
 */
export function readBertConfig(json: unknown, path = "config.json"): BertConfig {
  if (typeof json !== "object" || json === null || Array.isArray(json))
    throw refuse(path, "it is not a JSON object", "");
  const source = json as Record<string, unknown>;
  const modelType = source["model_type"];
  if (modelType !== undefined && modelType !== "bert")
    throw refuse(path, `model_type is ${JSON.stringify(modelType)}; only "bert" is read`, "model_type");
  const values: Record<string, number> = {};
  for (const [key, name] of Object.entries(NUMBERS)) {
    const value = source[key] ?? undefined;
    if (value === undefined) {
      if ((REQUIRED as readonly string[]).includes(key)) throw refuse(path, `${key} is missing`, key);
      continue;
    }
    const { test, wanted } = rangeOf(key);
    if (typeof value !== "number" || !test(value))
      throw refuse(path, `${key} must be ${wanted}, is ${JSON.stringify(value)}`, key);
    values[name] = value;
  }
  const config = {
    ...BERT_BASE,
    ...values,
    hiddenActivation: readActivation(source["hidden_act"] ?? "gelu", path),
    labels: readLabels(source["id2label"], path),
  } as BertConfig;
  if (config.hiddenSize % config.headCount !== 0)
    throw refuse(
      path,
      `hidden_size ${config.hiddenSize} is not a multiple of num_attention_heads ${config.headCount}`,
      "hidden_size",
    );
  const embedding = source["position_embedding_type"] ?? "absolute";
  if (embedding !== "absolute")
    throw refuse(
      path,
      `position_embedding_type is ${JSON.stringify(embedding)}; only "absolute" is read`,
      "position_embedding_type",
    );
  return config;
}

/** The `config.json` of transformers for a model of `architecture` (for example `BertForPreTraining`). */
export function writeBertConfig(config: BertConfig, architecture: string): Record<string, unknown> {
  const json: Record<string, unknown> = { architectures: [architecture], model_type: "bert" };
  for (const [key, name] of Object.entries(NUMBERS)) json[key] = config[name];
  json["hidden_act"] = config.hiddenActivation;
  json["position_embedding_type"] = "absolute";
  if (config.labels.length > 0) {
    json["id2label"] = Object.fromEntries(config.labels.map((label, index) => [String(index), label]));
    json["label2id"] = Object.fromEntries(config.labels.map((label, index) => [label, index]));
  }
  return json;
}

function readActivation(value: unknown, path: string): HiddenActivation {
  if (typeof value === "string") {
    if (TANH_ALIASES.has(value)) return "gelu_new";
    const known = ACTIVATIONS.find((name) => name === value);
    if (known !== undefined) return known;
  }
  throw refuse(
    path,
    `hidden_act is ${JSON.stringify(value)}; one of ${ACTIVATIONS.join(", ")} is read`,
    "hidden_act",
  );
}

function readLabels(value: unknown, path: string): readonly string[] {
  if (value === undefined || value === null) return [];
  const labels = Object.entries(value as Record<string, unknown>);
  return labels.map((_, index) => {
    const label = (value as Record<string, unknown>)[String(index)];
    if (typeof label !== "string")
      throw refuse(path, `id2label has no entry ${index} of ${labels.length}`, "id2label");
    return label;
  });
}

function refuse(path: string, why: string, key: string): ClinicalBertError {
  return new ClinicalBertError("BERT_CONFIG", `${path} is no BERT configuration: ${why}.`, {
    details: { path, key },
  });
}
