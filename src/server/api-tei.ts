/** @file Wire types of the routes of text-embeddings-inference. See `api.ts`. */
import type { OffsetUnit, Prediction } from "./api-common.js";
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
