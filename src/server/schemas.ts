/** @file JSON schemas of what routes take and give: they check requests and make the OpenAPI document. */
import { OFFSET_UNITS } from "../notes/offset-units.js";
import { AGGREGATION_STRATEGIES } from "../pipelines/index.js";
import { SECTION_RULES } from "../sections/index.js";
import { REPLACEMENTS } from "../tasks/index.js";

export type Schema = Readonly<Record<string, unknown>>;

const text: Schema = { type: "string" };
const id: Schema = { type: "integer", minimum: 0, maximum: 2 ** 31 - 1 };
const count: Schema = { type: "integer", minimum: 0 };
const score: Schema = { type: "number" };
const list = (items: Schema, rules: Schema = {}): Schema => ({ type: "array", items, ...rules });
const object = (properties: Readonly<Record<string, Schema>>, required: readonly string[] = []): Schema => ({
  type: "object",
  properties,
  required,
  additionalProperties: false,
});
/** Clients of others' interfaces add keys of their own, which those let through. */
const open = (schema: Schema): Schema => ({ ...schema, additionalProperties: true });
/** Answers may grow; requests may not be misspelt. */
const answer = (properties: Readonly<Record<string, Schema>>): Schema => ({
  type: "object",
  properties,
  required: Object.keys(properties),
});
const nullable = (schema: Schema): Schema => ({ ...schema, nullable: true });
const oneOrMany = (schema: Schema): Schema => ({ anyOf: [schema, list(schema)] });

const model: Schema = {
  type: "string",
  description: "One of GET /models; the first that can do it by default.",
};
const texts: Schema = { anyOf: [text, list(text)], description: "A text, or a list of texts." };
const offsets = (unit: string): Schema => ({
  type: "string",
  enum: OFFSET_UNITS,
  default: unit,
  description: "Unit of spans: UTF-16 units, code points, or bytes of UTF-8.",
});
const span = list(count, { minItems: 2, maxItems: 2 });
const truncation = {
  truncate: nullable({
    type: "boolean",
    default: false,
    description: "Cut long inputs instead of refusing them.",
  }),
  truncation_direction: { type: "string", enum: ["Left", "Right", "left", "right"], default: "Right" },
};
const promptName = { prompt_name: nullable({ type: "string", enum: [null] }) };

const prediction = answer({ score, label: text });
const tokens = list(id, { minItems: 1 });
const vector = list(score);

export const ERROR: Schema = answer({
  error: text,
  error_type: {
    type: "string",
    enum: ["Unhealthy", "Backend", "Overloaded", "Validation", "Tokenizer", "Empty"],
  },
  code: { type: "string", description: "Stable; see docs/errors.md." },
  request_id: text,
});
export const OPENAI_ERROR: Schema = answer({
  error: answer({ message: text, type: text, param: nullable(text), code: nullable(text) }),
});

export const EMBED: Schema = open(
  object(
    {
      inputs: {
        anyOf: [text, list({ anyOf: [text, tokens] }), tokens],
        description: "A text or its token ids, or a list of them.",
      },
      normalize: { type: "boolean", default: true },
      dimensions: nullable({ type: "integer", minimum: 1 }),
      ...truncation,
      ...promptName,
      model,
    },
    ["inputs"],
  ),
);
export const EMBED_ANSWER: Schema = list(vector);

export const PREDICT: Schema = open(
  object(
    {
      inputs: {
        anyOf: [
          text,
          list(text, { minItems: 1, maxItems: 2 }),
          list(list(text, { minItems: 1, maxItems: 2 })),
        ],
        description: "A text, a pair of texts, or a batch of lists of one text or two.",
      },
      raw_scores: { type: "boolean", default: false },
      ...truncation,
      model,
    },
    ["inputs"],
  ),
);
export const TEXT_CLASSIFICATION_ANSWER: Schema = list(list(prediction));
export const PREDICT_ANSWER: Schema = { anyOf: [list(prediction), list(list(prediction))] };

export const TOKENIZE: Schema = open(
  object(
    {
      inputs: texts,
      add_special_tokens: { type: "boolean", default: true },
      ...promptName,
      model,
      offsets: offsets("byte"),
    },
    ["inputs"],
  ),
);
export const TOKENIZE_ANSWER: Schema = list(
  list(
    answer({
      id,
      text,
      special: { type: "boolean" },
      start: nullable(count),
      stop: nullable(count),
      piece: text,
    }),
  ),
);

export const INFO_ANSWER: Schema = answer({
  model_id: text,
  model_sha: nullable(text),
  model_dtype: text,
  model_type: { type: "object" },
  max_concurrent_requests: count,
  max_input_length: count,
  max_batch_tokens: count,
  max_batch_requests: nullable(count),
  max_client_batch_size: count,
  auto_truncate: { type: "boolean" },
  tokenization_workers: count,
  version: text,
  sha: nullable(text),
  docker_label: nullable(text),
});

export const FILL_MASK: Schema = object(
  { inputs: texts, parameters: object({ top_k: { type: "integer", minimum: 1, maximum: 100 } }), model },
  ["inputs"],
);
export const FILL_MASK_ANSWER: Schema = oneOrMany(
  list(answer({ score, token: id, token_str: text, sequence: text })),
);

export const TOKEN_CLASSIFICATION: Schema = object(
  {
    inputs: texts,
    parameters: object({
      aggregation_strategy: { type: "string", enum: AGGREGATION_STRATEGIES, default: "first" },
      ignore_labels: list(text),
      stride: count,
    }),
    model,
    offsets: offsets("utf16"),
  },
  ["inputs"],
);
export const TOKEN_CLASSIFICATION_ANSWER: Schema = oneOrMany(
  list({
    type: "object",
    properties: {
      entity_group: text,
      entity: text,
      index: count,
      score,
      word: text,
      start: count,
      end: count,
    },
    required: ["score", "word", "start", "end"],
  }),
);

export const DEIDENTIFY: Schema = object(
  {
    inputs: texts,
    parameters: object({
      threshold: { type: "number", minimum: 0.0001, maximum: 1 },
      replace: { type: "string", enum: REPLACEMENTS },
      stride: count,
    }),
    patient: { type: "string", description: "Inputs of one patient share their surrogates." },
    model,
    offsets: offsets("utf16"),
  },
  ["inputs"],
);
export const DEIDENTIFY_ANSWER: Schema = oneOrMany({
  type: "object",
  required: ["entities", "notice", "measured"],
  properties: {
    entities: list(answer({ label: text, category: text, score: nullable(score), start: count, end: count })),
    text,
    notice: text,
    measured: nullable(answer({ data: text, threshold: score, token_recall: score, document_recall: score })),
  },
});

const textPair = object({ text, text_pair: text }, ["text", "text_pair"]);
export const TEXT_CLASSIFICATION: Schema = object(
  {
    inputs: { anyOf: [text, textPair, list({ anyOf: [text, textPair] })] },
    parameters: object({ top_k: nullable({ type: "integer", minimum: 1 }) }),
    model,
  },
  ["inputs"],
);

const rules: Schema = { type: "string", enum: SECTION_RULES, default: "corrected" };
export const SECTIONS: Schema = object({ inputs: texts, rules, offsets: offsets("utf16") }, ["inputs"]);
export const SECTIONS_ANSWER: Schema = oneOrMany(
  answer({
    sections: list(answer({ text, spans: list(span), title: nullable(span), category: nullable(text) })),
  }),
);

export const SENTENCES: Schema = object(
  {
    inputs: texts,
    sections: nullable({
      type: "string",
      enum: [...SECTION_RULES, null],
      default: "corrected",
      description: "Rules that split each note into sections first; null takes it as one.",
    }),
    offsets: offsets("utf16"),
  },
  ["inputs"],
);
export const SENTENCES_ANSWER: Schema = oneOrMany(
  answer({ sentences: list(answer({ text, spans: list(span) })) }),
);

export const ATTENTION: Schema = object(
  { inputs: text, layer: count, head: count, model, offsets: offsets("utf16") },
  ["inputs", "layer", "head"],
);
export const ATTENTION_ANSWER: Schema = answer({
  tokens: list(text),
  spans: list(nullable(span)),
  weights: list(vector),
});

export const OPENAI_EMBEDDINGS: Schema = open(
  object(
    {
      input: {
        anyOf: [text, list(text), tokens, list(tokens)],
        description: "A text or its token ids, or a list of either.",
      },
      model,
      encoding_format: { type: "string", enum: ["float", "base64"], default: "float" },
      dimensions: { type: "integer", minimum: 1 },
      user: text,
    },
    ["input"],
  ),
);
export const OPENAI_EMBEDDINGS_ANSWER: Schema = answer({
  object: { type: "string", enum: ["list"] },
  data: list(
    answer({
      object: { type: "string", enum: ["embedding"] },
      index: count,
      embedding: { anyOf: [vector, text] },
    }),
  ),
  model: text,
  usage: answer({ prompt_tokens: count, total_tokens: count }),
});
export const OPENAI_MODEL: Schema = answer({
  id: text,
  object: { type: "string", enum: ["model"] },
  created: count,
  owned_by: text,
});
export const OPENAI_MODELS: Schema = answer({
  object: { type: "string", enum: ["list"] },
  data: list(OPENAI_MODEL),
});

export const MODELS_ANSWER: Schema = answer({
  models: list(
    answer({
      id: text,
      sha256: text,
      dtype: { type: "string", enum: ["fp32", "q8"] },
      tasks: list(text),
      labels: list(text),
      max_length: count,
      vocabulary_size: count,
      hidden_size: count,
      layers: count,
      heads: count,
      lowercase: { type: "boolean" },
      mask_token: text,
      pooling: { type: "string", enum: ["mean", "cls"] },
      revision: text,
      files: { type: "object", additionalProperties: count },
    }),
  ),
});

export const RUNS_ANSWER: Schema = answer({
  runs: list(
    answer({
      id: text,
      steps: nullable(count),
      step: count,
      updated: count,
      finished: { type: "boolean" },
    }),
  ),
});
export const RUN_METRICS_ANSWER: Schema = answer({
  id: text,
  metrics: list({ type: "object", required: ["step"], properties: { step: count } }),
  after: count,
  more: { type: "boolean" },
});
export const AFTER: Schema = {
  type: "object",
  properties: { after: { type: "integer", minimum: 0, default: 0 } },
};
export const HEALTH: Schema = answer({
  status: { type: "string", enum: ["ok", "starting", "stopping"] },
});
