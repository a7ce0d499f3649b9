/** @file The HTTP face of the server: fastify with its bounds, hooks, routes and answers to errors. It computes nothing. */
import { randomUUID } from "node:crypto";
import swagger from "@fastify/swagger";
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from "fastify";
import { ClinicalBertError } from "../errors.js";
import type { AppOptions } from "./app-options.js";
import { sendError, toKnown } from "./error-answers.js";
import { addHooks } from "./hooks.js";
import { addAnswerRoute, addModelRoutes } from "./model-routes.js";
import { stateOf } from "./request-state.js";
import { ANSWER_ROUTES } from "./routes.js";
import { addPage, addRunRoutes, addServiceRoutes } from "./service-routes.js";

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
      // Before the body is looked at: it is not what is wrong.
      onRequest: async (_request, reply) => {
        reply.header("allow", allow);
        throw new ClinicalBertError("SERVER_METHOD", `The route takes ${allow}.`);
      },
      handler: () => undefined,
    });
  }
}
