/** @file The routes that are about models: what they answer, which there are, their files. */
import type { FastifyInstance } from "fastify";
import { ClinicalBertError } from "../errors.js";
import type { InfoResponse, OpenAiModel } from "./api.js";
import type { AppOptions } from "./app-options.js";
import { chooseModel } from "./choose-model.js";
import { abortWithClient, stateOf } from "./request-state.js";
import { type AnswerRoute, responsesOf } from "./routes.js";
import * as schemas from "./schemas.js";
import type { ServedModel } from "./served-model.js";
import type { ServeSettings } from "./settings.js";

export function addAnswerRoute(app: FastifyInstance, route: AnswerRoute, options: AppOptions): void {
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

export function addModelRoutes(app: FastifyInstance, { models, settings }: AppOptions): void {
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
    async ({ params, headers }, reply) => {
      const { files } = models[chooseModel(models, "tokenize", params.id)]!;
      const file = files.get(params.file);
      if (file === undefined) throw new ClinicalBertError("SERVER_NOT_FOUND", "The model has no such file.");
      const etag = `"${file.etag}"`;
      reply.header("etag", etag);
      if (headers["if-none-match"] === etag) return reply.code(304).send();
      return reply
        .headers({
          "content-type": params.file.endsWith(".json") ? "application/json" : "application/octet-stream",
          "content-length": file.bytes,
        })
        .send(file.open());
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
