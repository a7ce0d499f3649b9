/** @file Models run in this browser: their files come from this server once, texts stay here. */
import { addressOf, modelWorker } from "../worker/workers.js";
import type { Backend } from "./backend.js";

export const browserBackend: Backend = {
  place: "browser",
  entities: (model, text, signal) => modelWorker.call("entities", [addressOf(model), text], signal),
  fillMask: (model, text, signal) => modelWorker.call("fillMask", [addressOf(model), text], signal),
  attention: (model, text, { layer, head }, signal) =>
    modelWorker.call("attention", [addressOf(model), text, layer, head], signal),
  embed: (model, texts, signal) =>
    modelWorker.call("embed", [addressOf(model), texts, model.pooling], signal),
};
