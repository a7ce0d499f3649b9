/**
 * @file The wire types of every route of `clinicalbert serve`: what is sent, what comes back. Types only, no value: the page
 * and TypeScript clients import them. Names are those of the interfaces reproduced (OpenAI, text-embeddings-inference, the
 * inference API of Hugging Face), therefore snake_case.
 */
import type { OffsetUnit, Prediction, WireSpan } from "./api-common.js";

export type * from "./api-common.js";
export type * from "./api-openai.js";
export type * from "./api-runs.js";
export type * from "./api-tei.js";

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
// GET /health

export interface HealthResponse {
  readonly status: "ok" | "starting" | "stopping";
}
