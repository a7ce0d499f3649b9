/** @file The HTTP face of the server: hooks that guard every request, routes, and answers to errors. It computes nothing. */
import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import fastifyStatic from "@fastify/static";
import swagger from "@fastify/swagger";
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { Logger } from "pino";
import { ClinicalBertError, internalError } from "../errors.js";
import { stackFrames } from "../util/wire-error.js";
import type { InfoResponse, OpenAiModel } from "./api.js";
import type { AuditLog } from "./audit-log.js";
import { chooseModel } from "./choose-model.js";
import type { Engine } from "./engine.js";
import { fromFastifyError, toHttpError } from "./http-errors.js";
import { KeyLimits } from "./key-limits.js";
import { findKey } from "./keys.js";
import type { Metrics } from "./metrics.js";
import { createOriginGuard } from "./origin-guard.js";
import { type OpenApiDocument, REFERENCE_STYLE, referencePage } from "./reference-page.js";
import { abortWithClient, leaveRequest, startRequest, stateOf } from "./request-state.js";
import { ANSWER_ROUTES, type AnswerRoute, isOpenAi, responsesOf } from "./routes.js";
import * as schemas from "./schemas.js";
import { SECURITY_HEADERS } from "./security-headers.js";
import type { ServedModel } from "./served-model.js";
import type { ServeSettings } from "./settings.js";
import { listRuns, RunReader } from "./training-runs.js";

export interface AppOptions {
  readonly settings: ServeSettings;
  readonly models: readonly ServedModel[];
  readonly engine: Engine;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly audit: AuditLog | null;
  /** True from the stop signal on. */
  isStopping(): boolean;
  /** A thread has died: the process cannot go on. */
  onFatal(error: ClinicalBertError): void;
}

/** Nginx's number, for the log: nobody was there to be answered. */
const CLIENT_GONE = 499;

declare module "fastify" {
  interface FastifyContextConfig {
    /** Answered without a key: there is nothing in it. */
    readonly isPublic?: boolean;
    /** Takes a place among the requests in work. */
    readonly isWork?: boolean;
  }
}

export async function createApp(options: AppOptions): Promise<FastifyInstance> {
  const { settings } = options;
  const { limits } = settings;
  const app = fastify({
    // fastify's own log lines can hold errors that quote a request; the server writes its own.
    logger: false,
    bodyLimit: limits.bodyBytes,
    requestTimeout: limits.receiveMs,
    keepAliveTimeout: 60_000,
    genReqId: () => randomUUID(),
    return503OnClosing: false,
    forceCloseConnections: "idle",
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 200 },
    ajv: {
      customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false, strict: false },
    },
    frameworkErrors: (_error, request, reply) => {
      const error = new ClinicalBertError("SERVER_REQUEST", "The path of the request is not a valid URL.");
      sendError(options, error, request as FastifyRequest, reply as unknown as FastifyReply);
    },
    clientErrorHandler(error, socket) {
      // Bytes that are no HTTP, or too slow: there is no request yet that could have an id.
      options.metrics.refused(
        error.code === "ERR_HTTP_REQUEST_TIMEOUT" ? "SERVER_TIMEOUT" : "SERVER_REQUEST",
      );
      const status = error.code === "ERR_HTTP_REQUEST_TIMEOUT" ? "408 Request Timeout" : "400 Bad Request";
      if (socket.writable) socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    },
  });
  app.server.headersTimeout = Math.min(limits.receiveMs, 20_000);
  app.server.maxConnections = limits.connections;
  readBodies(app);
  app.setSerializerCompiler(() => (value) => JSON.stringify(value));
  app.setErrorHandler((error, request, reply) => sendError(options, toKnown(error), request, reply));
  app.setNotFoundHandler((request, reply) =>
    sendError(options, new ClinicalBertError("SERVER_NOT_FOUND", "There is no such route."), request, reply),
  );
  await app.register(swagger, {
    openapi: {
      openapi: "3.0.3",
      info: {
        title: "clinicalbert",
        version: settings.version,
        description: "Embeddings, entities, classes, masks, sections and sentences of clinical notes.",
      },
      components: { securitySchemes: { key: { type: "http", scheme: "bearer" } } },
      ...(settings.keys.length > 0 ? { security: [{ key: [] }] } : {}),
    },
  });
  const methods = collectMethods(app);
  addHooks(app, options);
  for (const route of ANSWER_ROUTES) addAnswerRoute(app, route, options);
  addModelRoutes(app, options);
  addServiceRoutes(app, options);
  if (settings.runs !== null) addRunRoutes(app, settings.runs);
  await addPage(app, settings.page);
  refuseOtherMethods(app, methods);
  return app;
}

/** JSON in UTF-8 and nothing else: a wrong byte would move all offsets behind it. */
function readBodies(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser("error", "error");
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<Buffer>("application/json", { parseAs: "buffer" }, (request, bytes, done) => {
    stateOf(request).bytesIn = bytes.length;
    let text: string;
    try {
      text = decoder.decode(bytes);
    } catch {
      done(new ClinicalBertError("SERVER_REQUEST", "The body is not valid UTF-8."));
      return;
    }
    parse(request, text, done);
  });
}

/** The methods of each route that is added from now on. */
function collectMethods(app: FastifyInstance): Map<string, Set<string>> {
  const methods = new Map<string, Set<string>>();
  app.addHook("onRoute", ({ url, method }) => {
    const own = methods.get(url) ?? new Set();
    for (const each of [method].flat()) own.add(each);
    methods.set(url, own);
  });
  return methods;
}

/** 405 with `Allow` for a method that a route does not have, where fastify would say that there is no route. */
function refuseOtherMethods(app: FastifyInstance, methods: ReadonlyMap<string, ReadonlySet<string>>): void {
  for (const [url, own] of [...methods]) {
    const allow = [...own].join(", ");
    app.route({
      url,
      method: app.supportedMethods.filter((method) => !own.has(method) && method !== "HEAD"),
      schema: { hide: true },
      handler: async (_request, reply) => {
        reply.header("allow", allow);
        throw new ClinicalBertError("SERVER_METHOD", `The route takes ${allow}.`);
      },
    });
  }
}

function addHooks(app: FastifyInstance, options: AppOptions): void {
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

function addAnswerRoute(app: FastifyInstance, route: AnswerRoute, options: AppOptions): void {
  const { engine, models, settings } = options;
  app.post(
    route.url,
    {
      config: { isWork: true },
      schema: {
        summary: route.summary,
        tags: [route.tag],
        body: route.body,
        response: responsesOf(route.url, route.result),
        ...(route.hidden === true ? { hide: true } : {}),
      },
    },
    async (request, reply) => {
      const state = stateOf(request);
      const body = request.body as { readonly model?: string };
      const index = route.task === null ? 0 : chooseModel(models, route.task, body.model);
      if (route.task !== null) state.model = models[index]!;
      abortWithClient(request, reply, settings.limits.requestMs);
      const { json, inputs, tokens } = await engine.answer(route.answer, index, body, state.abort.signal);
      state.inputs = inputs;
      state.tokens = tokens;
      return reply.type("application/json; charset=utf-8").send(json);
    },
  );
}

function addModelRoutes(app: FastifyInstance, { models, settings }: AppOptions): void {
  const started = Math.floor(Date.now() / 1000);
  const tags = ["models"];
  const openAi = models.map(
    ({ info }): OpenAiModel => ({ id: info.id, object: "model", created: started, owned_by: "clinicalbert" }),
  );
  app.get(
    "/v1/models",
    {
      schema: {
        summary: "The models",
        tags: ["OpenAI"],
        response: responsesOf("/v1/models", schemas.OPENAI_MODELS),
      },
    },
    async () => ({ object: "list", data: openAi }),
  );
  app.get<{ Params: { id: string } }>(
    "/v1/models/:id",
    {
      schema: {
        summary: "One model",
        tags: ["OpenAI"],
        response: responsesOf("/v1/models/:id", schemas.OPENAI_MODEL),
      },
    },
    async ({ params }) => openAi[chooseModel(models, "tokenize", params.id)],
  );
  app.get(
    "/models",
    {
      schema: {
        summary: "The models and what each can do",
        tags,
        response: responsesOf("/models", schemas.MODELS_ANSWER),
      },
    },
    async () => ({ models: models.map(({ info }) => info) }),
  );
  app.get<{ Params: { id: string; file: string } }>(
    "/models/:id/files/:file",
    {
      schema: {
        summary: "A file of a model, for a browser that runs it itself",
        tags,
        response: responsesOf("/models", { type: "string", format: "binary" }),
      },
    },
    async ({ params }, reply) => {
      const { info, paths } = models[chooseModel(models, "tokenize", params.id)]!;
      const path = paths.get(params.file);
      if (path === undefined) throw new ClinicalBertError("SERVER_NOT_FOUND", "The model has no such file.");
      return reply
        .headers({
          "content-type": params.file.endsWith(".json") ? "application/json" : "application/octet-stream",
          "content-length": info.files[params.file]!,
          // The browser keeps it under the hash of the weights (see the page), not by itself.
          etag: `"${info.sha256}"`,
        })
        .send(createReadStream(path));
    },
  );
  app.get<{ Querystring: { model?: string } }>(
    "/info",
    {
      schema: {
        summary: "The first model, or ?model=, as text-embeddings-inference describes its own",
        tags: ["text-embeddings-inference"],
        querystring: { type: "object", properties: { model: { type: "string" } } },
        response: responsesOf("/info", schemas.INFO_ANSWER),
      },
    },
    async ({ query }) => describeModel(models[chooseModel(models, "tokenize", query.model)]!, settings),
  );
}

function describeModel({ info, text }: ServedModel, settings: ServeSettings): InfoResponse {
  const classifies = info.tasks.includes("text-classification");
  const entries = info.labels.map((label, index) => [String(index), label] as const);
  return {
    model_id: info.id,
    model_sha: info.sha256,
    model_dtype: info.dtype === "fp32" ? "float32" : "int8",
    model_type: classifies
      ? {
          classifier: {
            id2label: Object.fromEntries(entries),
            label2id: Object.fromEntries(entries.map(([id, label]) => [label, Number(id)])),
          },
        }
      : { embedding: { pooling: info.pooling } },
    max_concurrent_requests: settings.limits.requests,
    max_input_length: text.embedLength,
    max_batch_tokens: settings.batch.tokens,
    max_batch_requests: null,
    max_client_batch_size: settings.limits.inputs,
    auto_truncate: false,
    tokenization_workers: 1,
    version: settings.version,
    sha: null,
    docker_label: null,
  };
}

function addServiceRoutes(app: FastifyInstance, { metrics, isStopping }: AppOptions): void {
  const tags = ["service"];
  app.get(
    "/health",
    {
      config: { isPublic: true },
      schema: {
        summary: "200 while requests are taken, 503 while the server stops",
        tags,
        response: {
          200: { description: "Well", ...schemas.HEALTH },
          503: { description: "Stopping", ...schemas.HEALTH },
        },
      },
    },
    async (_request, reply) =>
      isStopping() ? reply.code(503).send({ status: "stopping" }) : reply.send({ status: "ok" }),
  );
  app.get(
    "/metrics",
    { schema: { summary: "Metrics for Prometheus", tags, produces: ["text/plain"] } },
    async (_request, reply) =>
      reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  );
  app.get("/openapi.json", { config: { isPublic: true }, schema: { hide: true } }, async (_request, reply) =>
    reply.send(app.swagger()),
  );
  app.get("/reference", { config: { isPublic: true }, schema: { hide: true } }, async (_request, reply) =>
    reply.type("text/html; charset=utf-8").send(referencePage(app.swagger() as unknown as OpenApiDocument)),
  );
  app.get("/reference.css", { config: { isPublic: true }, schema: { hide: true } }, async (_request, reply) =>
    reply.type("text/css; charset=utf-8").send(REFERENCE_STYLE),
  );
}

function addRunRoutes(app: FastifyInstance, folder: string): void {
  const reader = new RunReader(folder);
  const tags = ["training runs"];
  app.get(
    "/runs",
    { schema: { summary: "Training runs", tags, response: responsesOf("/runs", schemas.RUNS_ANSWER) } },
    async () => listRuns(folder),
  );
  app.get<{ Params: { id: string }; Querystring: { after?: string } }>(
    "/runs/:id/metrics",
    {
      schema: {
        summary: "Metrics of a run after a step",
        tags,
        querystring: { type: "object", properties: { after: { type: "string", pattern: "^\\d{1,15}$" } } },
        response: responsesOf("/runs", schemas.RUN_METRICS_ANSWER),
      },
    },
    async ({ params, query }) => reader.read(params.id, Number(query.after ?? 0)),
  );
}

/** The built page, where there is one. Its files have no note in them, so they need no key. */
async function addPage(app: FastifyInstance, page: string | null): Promise<void> {
  if (page === null) {
    app.get("/", { config: { isPublic: true }, schema: { hide: true } }, async (_request, reply) =>
      reply.redirect("/reference"),
    );
    return;
  }
  await app.register(async (scope) => {
    scope.addHook("onRoute", (route) => {
      route.config = { ...route.config, isPublic: true };
      route.schema = { ...route.schema, hide: true };
    });
    await scope.register(fastifyStatic, { root: page, prefix: "/", wildcard: false, index: ["index.html"] });
  });
}

function sendError(
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
  if (error.code === "WORKER_FAILED") options.onFatal(error);
  return reply.code(status).type("application/json; charset=utf-8").send(JSON.stringify(body));
}

/** Seconds until what waits now is done. */
function retryAfter({ engine }: AppOptions, { details }: ClinicalBertError): number {
  const known = details["retryAfter"];
  return typeof known === "number"
    ? known
    : Math.min(60, Math.max(1, Math.ceil(engine.batcher.secondsAhead)));
}

function toKnown(error: unknown): ClinicalBertError {
  if (error instanceof ClinicalBertError) return error;
  const known = fromFastifyError(error as Parameters<typeof fromFastifyError>[0]);
  if (known !== null) return known;
  const internal = internalError(`a ${error instanceof Error ? error.name : typeof error} was thrown.`);
  internal.stack = `${internal.stack?.split("\n")[0]}\n${stackFrames(error)}`;
  return internal;
}
