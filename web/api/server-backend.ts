/** @file Models run by the server that sent the page. */
import type {
  AttentionResponse,
  EmbedResponse,
  Entity,
  FillMaskResponse,
  MaskFilling,
  TokenClassificationResponse,
} from "../../src/server/api.js";
import type { Backend } from "./backend.js";
import { postJson } from "./server.js";

const TOP = 10;

export const serverBackend: Backend = {
  place: "server",
  async entities(model, text, signal) {
    const body = {
      inputs: text,
      model: model.id,
      offsets: "utf16",
      parameters: { aggregation_strategy: "first" },
    };
    return (await postJson<TokenClassificationResponse>("token-classification", body, signal)) as Entity[];
  },
  async fillMask(model, text, signal) {
    const body = { inputs: text, model: model.id, parameters: { top_k: TOP } };
    return (await postJson<FillMaskResponse>("fill-mask", body, signal)) as MaskFilling[];
  },
  attention(model, text, { layer, head }, signal) {
    const body = { inputs: text, layer, head, model: model.id, offsets: "utf16" };
    return postJson<AttentionResponse>("attention", body, signal);
  },
  async embed(model, texts, signal) {
    const body = { inputs: texts, model: model.id, truncate: true, normalize: true };
    const vectors = await postJson<EmbedResponse>("embed", body, signal);
    return vectors.map((vector) => Float32Array.from(vector));
  },
};
