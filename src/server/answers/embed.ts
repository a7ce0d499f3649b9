/** @file `/embed` as text-embeddings-inference answers it, `/v1/embeddings` as OpenAI does: pooled hidden states. */
import { ClinicalBertError } from "../../errors.js";
import { normalizeRows } from "../../pipelines/feature-extraction.js";
import type {
  EmbedRequest,
  EmbedResponse,
  OpenAiEmbeddingsRequest,
  OpenAiEmbeddingsResponse,
} from "../api.js";
import { type AnswerContext, listInputs } from "./context.js";
import { encodeInputs, type TokenIds, type TruncationWish } from "./encode.js";

interface VectorWish extends TruncationWish {
  readonly normalize: boolean;
  readonly dimensions?: number | null | undefined;
}

export async function embed(context: AnswerContext, body: EmbedRequest): Promise<EmbedResponse> {
  const { vectors } = await embedInputs(context, inputsOf(body.inputs), {
    ...body,
    normalize: body.normalize ?? true,
  });
  return vectors.map((vector) => Array.from(vector));
}

/** Long inputs are refused, as by OpenAI; vectors have length 1, as there. */
export async function openAiEmbeddings(
  context: AnswerContext,
  { input, dimensions, encoding_format: format = "float" }: OpenAiEmbeddingsRequest,
): Promise<OpenAiEmbeddingsResponse> {
  const { vectors, tokens } = await embedInputs(context, inputsOf(input), { normalize: true, dimensions });
  return {
    object: "list",
    data: vectors.map((vector, index) => ({
      object: "embedding",
      index,
      embedding: format === "base64" ? toBase64(vector) : Array.from(vector),
    })),
    model: context.model.id,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  };
}

/** A string and a list of numbers are one input. */
function inputsOf(inputs: EmbedRequest["inputs"]): readonly (string | TokenIds)[] {
  if (typeof inputs === "string") return [inputs];
  return typeof inputs[0] === "number" ? [inputs as TokenIds] : (inputs as readonly (string | TokenIds)[]);
}

async function embedInputs(
  context: AnswerContext,
  inputs: readonly (string | TokenIds)[],
  { normalize, dimensions, ...truncation }: VectorWish,
): Promise<{ vectors: Float32Array[]; tokens: number }> {
  const { pooling, hiddenSize, embedLength } = context.model;
  const width = dimensions ?? hiddenSize;
  if (width > hiddenSize)
    throw new ClinicalBertError(
      "SERVER_REQUEST",
      `dimensions is ${width}; the vectors of ${context.model.id} have ${hiddenSize}.`,
      { details: { dimensions: width, limit: hiddenSize } },
    );
  const encodings = encodeInputs(context, listInputs(context, inputs), embedLength, truncation);
  const rows = await context.run("encoder").readRows(
    encodings.map((encoding) => ({ encoding, reading: { output: "states", pooling } })),
    { paddingId: context.tokenizer.pad_token_id },
  );
  const vectors = rows.map((row) => row.subarray(0, width));
  if (normalize) for (const vector of vectors) normalizeRows(vector, width);
  return { vectors, tokens: encodings.reduce((sum, { ids }) => sum + ids.length, 0) };
}

function toBase64({ buffer, byteOffset, byteLength }: Float32Array): string {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength).toString("base64");
}
