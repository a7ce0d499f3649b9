/** @file Where models run: on the server, or in this browser. One interface, so that the page does not care which. */
import type { AttentionResponse, Entity, MaskFilling, ModelInfo } from "../../src/server/api.js";

export type Place = "server" | "browser";

/** Calls of models. Offsets are UTF-16 units of the text given. Every call can be given up by its signal. */
export interface Backend {
  readonly place: Place;
  /** Entities of a note of any length. */
  entities(model: ModelInfo, text: string, signal: AbortSignal): Promise<readonly Entity[]>;
  /** Fillings of the first mask of a text that fits the model. */
  fillMask(model: ModelInfo, text: string, signal: AbortSignal): Promise<readonly MaskFilling[]>;
  /** Attention of one head over one sentence. */
  attention(
    model: ModelInfo,
    text: string,
    place: { readonly layer: number; readonly head: number },
    signal: AbortSignal,
  ): Promise<AttentionResponse>;
  /** Vectors of length 1, one for each text. */
  embed(model: ModelInfo, texts: readonly string[], signal: AbortSignal): Promise<readonly Float32Array[]>;
}
