/** @file Wire types of `POST /v1/embeddings` and `GET /v1/models`, as OpenAI has them. See `api.ts`. */

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
