/** @file Sends errors: in the shape of their route, with Retry-After where trying again helps, never in foreign words. */
import type { FastifyReply, FastifyRequest } from "fastify";
import { ClinicalBertError, internalError } from "../errors.js";
import { stackFrames } from "../util/wire-error.js";
import type { AppOptions } from "./app-options.js";
import { fromFastifyError, toHttpError } from "./http-errors.js";
import { stateOf } from "./request-state.js";
import { isOpenAi } from "./routes.js";

export function sendError(
  options: AppOptions,
  error: ClinicalBertError,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const state = stateOf(request);
  state.error = error.code;
  const { status, body } = toHttpError(error, request.id, isOpenAi(request.routeOptions.url ?? request.url));
  if (status === 429 || status === 503) reply.header("retry-after", retryAfter(options, error));
  if (status >= 500 && error.code === "INTERNAL")
    options.log.error(
      { request: request.id, code: error.code, frames: stackFrames(error) },
      "internal error",
    );
  return reply.code(status).type("application/json; charset=utf-8").send(JSON.stringify(body));
}

/** Seconds until what waits now is done. */
function retryAfter({ engine }: AppOptions, { details }: ClinicalBertError): number {
  const known = details["retryAfter"];
  return typeof known === "number"
    ? known
    : Math.min(60, Math.max(1, Math.ceil(engine.batcher.secondsAhead)));
}

export function toKnown(error: unknown): ClinicalBertError {
  if (error instanceof ClinicalBertError) return error;
  const known = fromFastifyError(error as Parameters<typeof fromFastifyError>[0]);
  if (known !== null) return known;
  const internal = internalError(`a ${error instanceof Error ? error.name : typeof error} was thrown.`);
  internal.stack = `${internal.stack?.split("\n")[0]}\n${stackFrames(error)}`;
  return internal;
}
