/**
 * @file The wire types of every route of `clinicalbert serve`: what is sent, what comes back. Types only, no value: the page
 * and TypeScript clients import them. Names are those of the interfaces reproduced (OpenAI, text-embeddings-inference, the
 * inference API of Hugging Face), therefore snake_case.
 */

/** Half-open range of a text in the unit of the request's `offsets`. */
export type WireSpan = readonly [start: number, end: number];

/** Unit of spans: UTF-16 units (JavaScript), code points (Python), bytes of UTF-8. */
export type OffsetUnit = "utf16" | "codepoint" | "byte";

/** What a model can be asked for, by the heads in its weights. `embed` and `attention` are there for every model. */
export type ModelTask =
  | "embed"
  | "attention"
  | "fill-mask"
  | "token-classification"
  | "deidentify"
  | "text-classification";

// ---------------------------------------------------------------------------------------------------------------------
// Errors

/**
 * The error body of every route but `/v1/…`. `error` and `error_type` are those of text-embeddings-inference; `code` is the
 * stable code of docs/errors.md. Never holds text of a request.
 */
export interface ErrorBody {
  readonly error: string;
  readonly error_type: ErrorType;
  readonly code: string;
  /** The id of the request, as in the log and the header `x-request-id`. */
  readonly request_id: string;
}

export type ErrorType = "Unhealthy" | "Backend" | "Overloaded" | "Validation" | "Tokenizer" | "Empty";

/** The error body of `/v1/…`, as OpenAI has it. */
export interface OpenAiErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string | null;
  };
}

// ---------------------------------------------------------------------------------------------------------------------
// GET /models, GET /models/:id/files/:file

export interface ModelList {
  /** In the order of the command line; the first that can do a task answers requests without `model`. */
  readonly models: readonly ModelInfo[];
}

export interface ModelInfo {
  /** What requests name as `model`: the last part of its path or hub id, or the name given on the command line. */
  readonly id: string;
  /** SHA-256 of the weights file, hexadecimal. */
  readonly sha256: string;
  readonly dtype: "fp32" | "q8";
  readonly tasks: readonly ModelTask[];
  /** Class names of the token- or text-classification head, by their index; empty without one. */
  readonly labels: readonly string[];
  /** Longest sequence in tokens, [CLS] and [SEP] with them. Longer notes are read in windows where a route says so. */
  readonly max_length: number;
  readonly vocabulary_size: number;
  readonly hidden_size: number;
  readonly layers: number;
  readonly heads: number;
  readonly lowercase: boolean;
  readonly mask_token: string;
  /** How token vectors become one in `/embed` and `/v1/embeddings`. */
  readonly pooling: "mean" | "cls";
  /** Changes when one of `files` does. */
  readonly revision: string;
  /** Files of `GET /models/:id/files/:file`, from which a browser can run the model; bytes of each. */
  readonly files: Readonly<Record<string, number>>;
}

// ---------------------------------------------------------------------------------------------------------------------
// POST /sections

export interface SectionsRequest {
  readonly inputs: string | readonly string[];
  /** Default `corrected`. */
  readonly rules?: "corrected" | "alsentzer2019";
  /** Default `utf16`. */
  readonly offsets?: OffsetUnit;
}

/** One for a string, a list for a list. The same objects as lines of `clinicalbert sections`. */
export interface SectionsResponse {
  readonly sections: readonly WireSection[];
}

export interface WireSection {
  readonly text: string;
  /** Title and body in order. */
  readonly spans: readonly WireSpan[];
  readonly title: WireSpan | null;
  readonly category: string | null;
}

// ---------------------------------------------------------------------------------------------------------------------
// POST /sentences

export interface SentencesRequest {
  readonly inputs: string | readonly string[];
  /** Rule set by which a note is split into sections first; `null` takes each input as one section. Default `corrected`. */
  readonly sections?: "corrected" | "alsentzer2019" | null;
  /** Default `utf16`. */
  readonly offsets?: OffsetUnit;
}

/** One for a string, a list for a list. The same objects as lines of `clinicalbert sentences`. */
export interface SentencesResponse {
  readonly sentences: readonly WireSentence[];
}

export interface WireSentence {
  /** On one line; white space that holds a line break is one space. */
  readonly text: string;
  readonly spans: readonly WireSpan[];
}

// ---------------------------------------------------------------------------------------------------------------------
// POST /tokenize (text-embeddings-inference)

export interface TokenizeRequest {
  readonly inputs: string | readonly string[];
  /** Default true. */
  readonly add_special_tokens?: boolean;
  readonly prompt_name?: null;
  readonly model?: string;
  /** Default `byte`, which is what text-embeddings-inference counts. */
  readonly offsets?: OffsetUnit;
}

/** A list of tokens for each input; a string is one input. Longer texts than the model's are not cut. */
export type TokenizeResponse = readonly (readonly SimpleToken[])[];

export interface SimpleToken {
  readonly id: number;
  /** The slice of the input; for special tokens their name. The word piece itself is `piece`. */
  readonly text: string;
  readonly special: boolean;
  readonly start: number | null;
  readonly stop: number | null;
  /** As in the vocabulary, for example `##emia`. Not in text-embeddings-inference. */
  readonly piece: string;
}

// ---------------------------------------------------------------------------------------------------------------------
// POST /embed, POST /, POST /predict, GET /info (text-embeddings-inference)

export interface EmbedRequest {
  /** Texts, or token ids with their special tokens. */
  readonly inputs: string | readonly number[] | readonly (string | readonly number[])[];
  /** Default false: an input longer than the model is refused with 422. */
  readonly truncate?: boolean | null;
  readonly truncation_direction?: "Left" | "Right" | "left" | "right";
  /** Default true: vectors of length 1. */
  readonly normalize?: boolean;
  /** The first so many numbers of each vector, normalized after the cut. */
  readonly dimensions?: number | null;
  readonly prompt_name?: null;
  readonly model?: string;
}

/** One vector for each input; a string is one input. */
export type EmbedResponse = readonly (readonly number[])[];

export interface PredictRequest {
  /** A text, a pair, or a batch of `[text]` and `[first, second]`. */
  readonly inputs: string | readonly string[] | readonly (readonly string[])[];
  readonly truncate?: boolean | null;
  readonly truncation_direction?: "Left" | "Right" | "left" | "right";
  /** Logits instead of probabilities. */
  readonly raw_scores?: boolean;
  readonly model?: string;
}

/** All classes, the likeliest first; one list for a text or pair, a list of lists for a batch. */
export type PredictResponse = readonly Prediction[] | readonly (readonly Prediction[])[];

export interface Prediction {
  readonly score: number;
  readonly label: string;
}

/** The first model, as text-embeddings-inference describes its only one; `?model=` for another. */
export interface InfoResponse {
  readonly model_id: string;
  readonly model_sha: string | null;
  readonly model_dtype: string;
  readonly model_type:
    | { readonly embedding: { readonly pooling: string } }
    | {
        readonly classifier: {
          readonly id2label: Readonly<Record<string, string>>;
          readonly label2id: Readonly<Record<string, number>>;
        };
      };
  readonly max_concurrent_requests: number;
  readonly max_input_length: number;
  readonly max_batch_tokens: number;
  readonly max_batch_requests: number | null;
  readonly max_client_batch_size: number;
  readonly auto_truncate: boolean;
  readonly tokenization_workers: number;
  readonly version: string;
  readonly sha: string | null;
  readonly docker_label: string | null;
}

// ---------------------------------------------------------------------------------------------------------------------
// POST /fill-mask, /token-classification, /text-classification (shapes of Hugging Face's inference API)

export interface FillMaskRequest {
  /** Each with one mask token of the model (`[MASK]`); the first counts. */
  readonly inputs: string | readonly string[];
  /** `top_k`: default 5, at most 100. */
  readonly parameters?: { readonly top_k?: number };
  readonly model?: string;
}

/** The likeliest first; a list for a string, a list of lists for a list. */
export type FillMaskResponse = readonly MaskFilling[] | readonly (readonly MaskFilling[])[];

export interface MaskFilling {
  readonly score: number;
  readonly token: number;
  readonly token_str: string;
  readonly sequence: string;
}

export interface TokenClassificationRequest {
  /** Notes of any length: longer ones than the model's are read in overlapping windows. */
  readonly inputs: string | readonly string[];
  readonly parameters?: {
    /** Default `first`, which never splits a word; `none` gives word pieces. */
    readonly aggregation_strategy?: "none" | "simple" | "first" | "average" | "max";
    /** Default `["O"]`. */
    readonly ignore_labels?: readonly string[];
    /** Tokens that two windows share; a quarter of the window by default. */
    readonly stride?: number;
  };
  readonly model?: string;
  /** Default `utf16`. */
  readonly offsets?: OffsetUnit;
}

/** In the order of the text; a list for a string, a list of lists for a list. */
export type TokenClassificationResponse = readonly Entity[] | readonly (readonly Entity[])[];

export interface Entity {
  /** Absent for the strategy `none`, which has `entity` and `index` instead. */
  readonly entity_group?: string;
  readonly entity?: string;
  readonly index?: number;
  readonly score: number;
  readonly word: string;
  readonly start: number;
  readonly end: number;
}

export interface TextClassificationRequest {
  /** Texts or pairs; longer ones are cut at the model's length. */
  readonly inputs: string | TextPair | readonly (string | TextPair)[];
  /** Default: all classes. */
  readonly parameters?: { readonly top_k?: number | null };
  readonly model?: string;
}

export interface TextPair {
  readonly text: string;
  readonly text_pair: string;
}

/** A list for each input, also where there is one: clients of Hugging Face ask for it. */
export type TextClassificationResponse = readonly (readonly Prediction[])[];

// ---------------------------------------------------------------------------------------------------------------------
// POST /deidentify

export interface DeidentifyRequest {
  /** Notes of any length. */
  readonly inputs: string | readonly string[];
  readonly parameters?: {
    /** Least probability of PHI; default: the measured one of the model, else 0.1. */
    readonly threshold?: number;
    /** Adds `text`: a copy with `[**DATE**]` and the like, or with made-up names and moved dates. */
    readonly replace?: "placeholder" | "surrogate";
    readonly stride?: number;
  };
  /** Inputs of one patient share their surrogates; without it each input is a patient of its own. */
  readonly patient?: string;
  readonly model?: string;
  /** Default `utf16`. */
  readonly offsets?: OffsetUnit;
}

/** One for a string, a list for a list. */
export interface DeidentifyResponse {
  readonly entities: readonly PhiEntity[];
  readonly text?: string;
  /** That this is no determination of de-identification. */
  readonly notice: string;
  /** What `evaluate deid` measured of these very weights. */
  readonly measured: {
    readonly data: string;
    readonly threshold: number;
    readonly token_recall: number;
    readonly document_recall: number;
  } | null;
}

export interface PhiEntity {
  readonly label: string;
  readonly category: string;
  /** Null for a name that was found only because it stands elsewhere in the note. */
  readonly score: number | null;
  readonly start: number;
  readonly end: number;
}

// ---------------------------------------------------------------------------------------------------------------------
// POST /attention

export interface AttentionRequest {
  /** One sentence; at most 256 tokens, special tokens counted. */
  readonly inputs: string;
  /** From 0. */
  readonly layer: number;
  /** From 0. */
  readonly head: number;
  readonly model?: string;
  /** Default `utf16`. */
  readonly offsets?: OffsetUnit;
}

export interface AttentionResponse {
  /** Special tokens with them; their spans are null. */
  readonly tokens: readonly string[];
  readonly spans: readonly (WireSpan | null)[];
  /** Row = the token that attends, column = the token attended to; each row sums to 1. */
  readonly weights: readonly (readonly number[])[];
}

// ---------------------------------------------------------------------------------------------------------------------
// POST /v1/embeddings, GET /v1/models (OpenAI)

export interface OpenAiEmbeddingsRequest {
  readonly input: string | readonly string[] | readonly number[] | readonly (readonly number[])[];
  readonly model?: string;
  readonly encoding_format?: "float" | "base64";
  readonly dimensions?: number;
  readonly user?: string;
}

export interface OpenAiEmbeddingsResponse {
  readonly object: "list";
  readonly data: readonly {
    readonly object: "embedding";
    readonly index: number;
    /** base64: little-endian float32. */
    readonly embedding: readonly number[] | string;
  }[];
  readonly model: string;
  readonly usage: { readonly prompt_tokens: number; readonly total_tokens: number };
}

export interface OpenAiModel {
  readonly id: string;
  readonly object: "model";
  readonly created: number;
  readonly owned_by: string;
}

export interface OpenAiModelList {
  readonly object: "list";
  readonly data: readonly OpenAiModel[];
}

// ---------------------------------------------------------------------------------------------------------------------
// GET /runs, GET /runs/:id/metrics?after=STEP: run folders under --runs DIR, read while they grow

export interface RunList {
  /** The newest first. */
  readonly runs: readonly RunInfo[];
}

export interface RunInfo {
  /** The folder's name under the folder given by `--runs`; `.` for that folder itself when it is a run. */
  readonly id: string;
  /** Updates that the run will do; null when its recipe does not say. */
  readonly steps: number | null;
  /** The last update that stands in its metrics; 0 before the first. */
  readonly step: number;
  /** When its metrics were last written, milliseconds since 1970. */
  readonly updated: number;
  /** It has its trained model. */
  readonly finished: boolean;
}

/** Lines of `metrics.jsonl` with `step > after`, in order. */
export interface RunMetrics {
  readonly id: string;
  readonly metrics: readonly MetricsLine[];
  /** What to give as `after` next time. */
  readonly after: number;
  /** There is more already: ask again at once. */
  readonly more: boolean;
}

/** A line as the run wrote it: `step`, and the numbers of its kind (`loss`, `learning_rate`, `masked_lm_accuracy`, …). */
export interface MetricsLine {
  readonly step: number;
  readonly [name: string]: number | null;
}

// ---------------------------------------------------------------------------------------------------------------------
// GET /health

export interface HealthResponse {
  readonly status: "ok" | "starting" | "stopping";
}
