/** @file Errors as HTTP answers: the status of each code, and its body in the shape of text-embeddings-inference or of OpenAI. */
import { ClinicalBertError, type ErrorCode } from "../errors.js";
import type { ErrorBody, ErrorType, OpenAiErrorBody } from "./api.js";

interface HttpKind {
  readonly status: number;
  readonly type: ErrorType;
  /** OpenAI's `type`. */
  readonly openAi: string;
  readonly openAiStatus?: number;
}

const INVALID: HttpKind = {
  status: 422,
  type: "Validation",
  openAi: "invalid_request_error",
  openAiStatus: 400,
};

/** Statuses as in the OpenAPI document of text-embeddings-inference; `/v1` answers 400 where OpenAI does. */
const KINDS: Readonly<Partial<Record<ErrorCode, HttpKind>>> = {
  SERVER_REQUEST: INVALID,
  SERVER_INPUT_TOO_LONG: INVALID,
  PIPELINE_INPUT: INVALID,
  PIPELINE_OPTION: INVALID,
  SECTIONS_REFUSED: INVALID,
  VOCABULARY_INVALID: { ...INVALID, type: "Tokenizer" },
  TRUNCATION_IMPOSSIBLE: { ...INVALID, type: "Tokenizer" },
  SERVER_EMPTY: { status: 400, type: "Empty", openAi: "invalid_request_error" },
  SERVER_TOO_LARGE: { status: 413, type: "Validation", openAi: "invalid_request_error" },
  SERVER_MEDIA_TYPE: { status: 415, type: "Validation", openAi: "invalid_request_error" },
  SERVER_NO_MODEL: { status: 404, type: "Validation", openAi: "invalid_request_error" },
  SERVER_NO_TASK: { status: 424, type: "Backend", openAi: "invalid_request_error", openAiStatus: 400 },
  DEID_FAILED: { status: 424, type: "Backend", openAi: "server_error", openAiStatus: 500 },
  RUNTIME_FAILED: { status: 424, type: "Backend", openAi: "server_error", openAiStatus: 500 },
  SERVER_OVERLOADED: { status: 429, type: "Overloaded", openAi: "server_error" },
  SERVER_RATE_LIMIT: { status: 429, type: "Overloaded", openAi: "requests" },
  SERVER_TIMEOUT: { status: 503, type: "Overloaded", openAi: "server_error" },
  SERVER_STOPPING: { status: 503, type: "Unhealthy", openAi: "server_error" },
  SERVER_UNAUTHORIZED: { status: 401, type: "Validation", openAi: "invalid_request_error" },
  SERVER_FORBIDDEN: { status: 403, type: "Validation", openAi: "invalid_request_error" },
  SERVER_NOT_FOUND: { status: 404, type: "Validation", openAi: "invalid_request_error" },
  SERVER_METHOD: { status: 405, type: "Validation", openAi: "invalid_request_error" },
  // The thread is started anew: trying again helps, unless it was this very request that killed it.
  WORKER_FAILED: { status: 503, type: "Unhealthy", openAi: "server_error" },
  // Its client went away: nobody reads this.
  ABORTED: { status: 503, type: "Unhealthy", openAi: "server_error" },
};
const INTERNAL: HttpKind = { status: 500, type: "Backend", openAi: "server_error" };

/** OpenAI's `code` where it has one; clients switch on it. */
const OPENAI_CODES: Readonly<Partial<Record<ErrorCode, string>>> = {
  SERVER_NO_MODEL: "model_not_found",
  SERVER_UNAUTHORIZED: "invalid_api_key",
  SERVER_RATE_LIMIT: "rate_limit_exceeded",
  SERVER_INPUT_TOO_LONG: "context_length_exceeded",
};

export interface HttpError {
  readonly status: number;
  readonly body: ErrorBody | OpenAiErrorBody;
}

/** How `error` is answered on a route of OpenAI's (`isOpenAi`) or any other. */
export function toHttpError(error: ClinicalBertError, requestId: string, isOpenAi: boolean): HttpError {
  const kind = KINDS[error.code] ?? INTERNAL;
  if (!isOpenAi)
    return {
      status: kind.status,
      body: {
        error: error.message,
        error_type: kind.type,
        code: error.code,
        request_id: requestId,
      },
    };
  const { param } = error.details;
  return {
    status: kind.openAiStatus ?? kind.status,
    body: {
      error: {
        message: error.message,
        type: kind.openAi,
        param: typeof param === "string" ? param : null,
        code: OPENAI_CODES[error.code] ?? null,
      },
    },
  };
}

/**
 * What fastify and ajv throw, in our words: their messages name places and rules, but some repeat what was sent. Null for
 * an error that is nobody's but ours.
 */
export function fromFastifyError(error: {
  readonly code?: string;
  readonly statusCode?: number;
  readonly validation?: readonly {
    readonly instancePath: string;
    readonly keyword: string;
    readonly params: object;
  }[];
}): ClinicalBertError | null {
  if (error.validation !== undefined) {
    // Where no branch of a choice fits, the last error is the choice's own.
    const { instancePath = "", keyword = "", params = {} } = error.validation.at(-1) ?? {};
    const place = instancePath.replace(/^\//, "").replaceAll("/", ".") || "the body";
    return new ClinicalBertError("SERVER_REQUEST", `${place}: ${ruleOf(keyword, params)}.`, {
      details: { param: place, rule: keyword },
    });
  }
  switch (error.code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return new ClinicalBertError("SERVER_TOO_LARGE", "The body has too many bytes.");
    case "FST_ERR_CTP_EMPTY_JSON_BODY":
      return new ClinicalBertError("SERVER_EMPTY", "The body is empty.");
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
      return new ClinicalBertError(
        "SERVER_MEDIA_TYPE",
        "The content-type of the body is not application/json.",
      );
    default:
      return error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500
        ? new ClinicalBertError("SERVER_REQUEST", "The body is not valid JSON of the length it announces.")
        : null;
  }
}

/** The rule of the schema that was broken. Names in `params` are the schema's own, except those of unknown properties. */
function ruleOf(keyword: string, params: object): string {
  const value = params as Readonly<Record<string, unknown>>;
  switch (keyword) {
    case "required":
      return `${value["missingProperty"]} is missing`;
    case "additionalProperties":
      return "it has a property that is not known here";
    case "enum":
      return `it must be one of ${(value["allowedValues"] as unknown[]).map((each) => JSON.stringify(each)).join(", ")}`;
    case "type":
      return `it must be ${String(value["type"]).replaceAll(",", " or ")}`;
    case "minimum":
    case "maximum":
      return `it must be ${value["comparison"]} ${value["limit"]}`;
    case "minItems":
    case "maxItems":
    case "minLength":
      return `it must have ${keyword.startsWith("min") ? "at least" : "at most"} ${value["limit"]}`;
    default:
      return "it has none of the forms that are taken";
  }
}
