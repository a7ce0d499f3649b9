/** @file What is done to every request: guarded before, counted and written down after. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { ClinicalBertError } from "../errors.js";
import type { AppOptions } from "./app-options.js";
import { KeyLimits } from "./key-limits.js";
import { findKey } from "./keys.js";
import { createOriginGuard } from "./origin-guard.js";
import { leaveRequest, startRequest, stateOf } from "./request-state.js";
import { SECURITY_HEADERS } from "./security-headers.js";

/** Nginx's number, for the log: nobody was there to be answered. */
const CLIENT_GONE = 499;

export function addHooks(app: FastifyInstance, options: AppOptions): void {
  const { settings, metrics } = options;
  const { limits, keys } = settings;
  const guard = createOriginGuard(settings.host, settings.allowedHosts, settings.allowedOrigins);
  const keyLimits = new KeyLimits(limits);
  let open = 0;

  app.addHook("onRequest", async (request, reply) => {
    const state = startRequest(request);
    // Comes for answers that were sent and for clients that went away.
    reply.raw.once("close", () => endRequest(options, request, reply));
    reply.headers(SECURITY_HEADERS).header("x-request-id", request.id);
    const origin = guard.check(request.headers.host, request.headers.origin);
    if (origin !== null) allowOrigin(reply, origin);
    if (request.method === "OPTIONS" && origin !== null) {
      reply.code(204).send();
      return reply;
    }
    const { isPublic = false, isWork = false } = request.routeOptions.config;
    if (keys.length > 0 && !isPublic) {
      const key = findKey(keys, request.headers);
      if (key === null) {
        reply.header("www-authenticate", "Bearer");
        throw new ClinicalBertError("SERVER_UNAUTHORIZED", "The request has no API key that is known.");
      }
      state.key = key.id;
    }
    if (!isPublic) reply.header("cache-control", "no-store");
    if (options.isStopping() && isWork)
      throw new ClinicalBertError("SERVER_STOPPING", "The server is stopping.");
    if (!isWork) return;
    state.leave.push(keyLimits.enter(state.key ?? "local"));
    if (open >= limits.requests)
      throw new ClinicalBertError("SERVER_OVERLOADED", `${open} requests are in work already.`, {
        details: { limit: limits.requests },
      });
    open += 1;
    metrics.open(open);
    state.leave.push(() => {
      open -= 1;
      metrics.open(open);
    });
    return;
  });
  app.addHook("onSend", async (request, reply, payload) => {
    // Node closes the connection when nothing has moved on it for so long, and forgets the limit with the answer's end.
    reply.raw.setTimeout(limits.sendMs);
    // A connection that is kept open would keep a stopping server waiting.
    if (options.isStopping()) reply.header("connection", "close");
    if (typeof payload === "string" || payload instanceof Uint8Array)
      stateOf(request).bytesOut = Buffer.byteLength(payload);
    return payload;
  });
}

function allowOrigin(reply: FastifyReply, origin: string): void {
  reply.headers({
    "access-control-allow-origin": origin,
    "access-control-allow-methods": "GET, POST",
    "access-control-allow-headers": "authorization, content-type, x-api-key",
    "access-control-max-age": "600",
    "cross-origin-resource-policy": "cross-origin",
    vary: "origin",
  });
}

/** The one line of a request in the log, and in the audit log where there is one. */
function endRequest({ metrics, log, audit }: AppOptions, request: FastifyRequest, reply: FastifyReply): void {
  const state = stateOf(request);
  leaveRequest(state);
  const isAnswered = reply.raw.writableFinished;
  if (!isAnswered) state.error ??= "ABORTED";
  const status = isAnswered ? reply.statusCode : CLIENT_GONE;
  const milliseconds = Math.round((performance.now() - state.start) * 1000) / 1000;
  const route = request.routeOptions.url ?? "unknown";
  metrics.request(route, status, milliseconds / 1000);
  if (state.error !== null) metrics.refused(state.error);
  const { model } = state;
  if (model !== null && state.error === null)
    metrics.texts(model.info.id, state.inputs ?? 0, state.tokens ?? 0);
  const record = {
    request: request.id,
    key: state.key,
    method: request.method,
    route,
    status,
    model: model?.info.id ?? null,
    model_sha256: model?.info.sha256 ?? null,
    inputs: state.inputs,
    tokens: state.tokens,
    bytes_in: state.bytesIn,
    bytes_out: state.bytesOut,
    milliseconds,
    error: state.error,
  };
  log.info(record, "request");
  audit?.write({ time: new Date().toISOString(), ...record });
}
