/** @file The routes that are about the server itself: health, metrics, reference, training runs, the page. */
import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";
import type { AppOptions } from "./app-options.js";
import { type OpenApiDocument, REFERENCE_STYLE, referencePage } from "./reference-page.js";
import { responsesOf } from "./routes.js";
import * as schemas from "./schemas.js";
import { listRuns, RunReader } from "./training-runs.js";

export function addServiceRoutes(app: FastifyInstance, { metrics, isStopping }: AppOptions): void {
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

export function addRunRoutes(app: FastifyInstance, folder: string): void {
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
export async function addPage(app: FastifyInstance, page: string | null): Promise<void> {
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
