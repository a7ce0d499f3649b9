/** @file The table of routes: what each takes, who answers it, what it may be refused with. No handler is here. */
import type { AnswerName } from "./answers/answers.js";
import type { ModelTask } from "./api.js";
import * as schemas from "./schemas.js";

/** A route that the threads answer. */
export interface AnswerRoute {
  readonly url: string;
  readonly answer: AnswerName;
  /** What the model must be able to do; null for routes without a model. */
  readonly task: ModelTask | "tokenize" | null;
  readonly summary: string;
  readonly tag: string;
  readonly body: schemas.Schema;
  readonly result: schemas.Schema;
  /** Not in the reference: another name of a route that is. */
  readonly hidden?: boolean;
}

const TEI = "text-embeddings-inference";
const OPENAI = "OpenAI";
const MODELS = "models";
const NOTES = "notes";

const EMBED = {
  answer: "embed",
  task: "embed",
  summary: "Texts to vectors",
  tag: TEI,
  body: schemas.EMBED,
  result: schemas.EMBED_ANSWER,
} as const;

export const ANSWER_ROUTES: readonly AnswerRoute[] = [
  {
    url: "/v1/embeddings",
    answer: "openAiEmbeddings",
    task: "embed",
    summary: "Texts to vectors of length 1",
    tag: OPENAI,
    body: schemas.OPENAI_EMBEDDINGS,
    result: schemas.OPENAI_EMBEDDINGS_ANSWER,
  },
  { ...EMBED, url: "/embed" },
  { ...EMBED, url: "/", hidden: true },
  {
    url: "/predict",
    answer: "predict",
    task: "text-classification",
    summary: "Classes of texts or pairs, all with their scores",
    tag: TEI,
    body: schemas.PREDICT,
    result: schemas.PREDICT_ANSWER,
  },
  {
    url: "/tokenize",
    answer: "tokenize",
    task: "tokenize",
    summary: "Texts to word pieces with offsets",
    tag: TEI,
    body: schemas.TOKENIZE,
    result: schemas.TOKENIZE_ANSWER,
  },
  {
    url: "/fill-mask",
    answer: "fillMask",
    task: "fill-mask",
    summary: "The likeliest tokens in the place of the mask",
    tag: MODELS,
    body: schemas.FILL_MASK,
    result: schemas.FILL_MASK_ANSWER,
  },
  {
    url: "/token-classification",
    answer: "tokenClassification",
    task: "token-classification",
    summary: "Entities of notes of any length, with exact offsets",
    tag: MODELS,
    body: schemas.TOKEN_CLASSIFICATION,
    result: schemas.TOKEN_CLASSIFICATION_ANSWER,
  },
  {
    url: "/deidentify",
    answer: "deidentify",
    task: "deidentify",
    summary: "Protected health information of notes, and copies without it",
    tag: MODELS,
    body: schemas.DEIDENTIFY,
    result: schemas.DEIDENTIFY_ANSWER,
  },
  {
    url: "/text-classification",
    answer: "textClassification",
    task: "text-classification",
    summary: "Classes of texts or pairs",
    tag: MODELS,
    body: schemas.TEXT_CLASSIFICATION,
    result: schemas.TEXT_CLASSIFICATION_ANSWER,
  },
  {
    url: "/attention",
    answer: "attention",
    task: "attention",
    summary: "What the tokens of a sentence attend to in one head",
    tag: MODELS,
    body: schemas.ATTENTION,
    result: schemas.ATTENTION_ANSWER,
  },
  {
    url: "/sections",
    answer: "sections",
    task: null,
    summary: "Sections of notes with their categories",
    tag: NOTES,
    body: schemas.SECTIONS,
    result: schemas.SECTIONS_ANSWER,
  },
  {
    url: "/sentences",
    answer: "sentences",
    task: null,
    summary: "Sentences of notes",
    tag: NOTES,
    body: schemas.SENTENCES,
    result: schemas.SENTENCES_ANSWER,
  },
];

export function isOpenAi(url: string): boolean {
  return url.startsWith("/v1/");
}

/** Every status that a route of `url` may answer with, for the OpenAPI document. */
export function responsesOf(url: string, result: schemas.Schema): Readonly<Record<number, object>> {
  const error = (description: string): object => ({
    description,
    ...(isOpenAi(url) ? schemas.OPENAI_ERROR : schemas.ERROR),
  });
  return {
    200: { description: "The answer", ...result },
    400: error("The body is no JSON, or has no inputs"),
    401: error("No API key, or an unknown one"),
    403: error("A Host or Origin that is not served"),
    404: error("No such model, run or file"),
    413: error("Too many bytes, inputs or tokens"),
    415: error("The body is not of the type application/json"),
    422: error("The request or one of its inputs cannot be worked on"),
    424: error("No model can do it, or the model failed"),
    429: error("Overloaded, or over the limit of the key; see Retry-After"),
    503: error("Stopping, or out of time"),
  };
}
