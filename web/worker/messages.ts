/** @file What the page and its workers say to each other. */
import type { Span } from "clinicalbert/browser";
import type { AttentionResponse, Entity, MaskFilling } from "../../src/server/api.js";

/** A section without its text, which the page has. */
export interface SectionOutline {
  readonly spans: readonly Span[];
  readonly title: Span | null;
  readonly category: string | null;
}

/** What is found in a note without a model. */
export interface Outline {
  readonly sections: readonly SectionOutline[];
  /** Pieces of each sentence, in order. */
  readonly sentences: readonly (readonly Span[])[];
}

/** Word pieces of a text: `bounds[2i]` to `bounds[2i + 1]`, and the word that each belongs to. */
export interface Pieces {
  readonly bounds: Int32Array<ArrayBuffer>;
  readonly words: Int32Array<ArrayBuffer>;
  readonly tokens: readonly string[];
}

/** A model at this origin: where its files are, and the hash of its weights. */
export interface ModelAddress {
  readonly url: string;
  readonly revision: string;
  /** Names of the files that are there; others are not asked for. */
  readonly files: readonly string[];
  readonly authorization: string | null;
  /** As the server runs it. */
  readonly dtype: "fp32" | "q8";
}

/** Name, arguments and result of every call. */
export interface WorkerCalls {
  outline(text: string): Outline;
  /** Text of a synthetic note. */
  madeUp(seed: number): string;
  sentencesOf(texts: readonly string[]): readonly (readonly Span[])[][];
  pieces(model: ModelAddress, text: string): Pieces;
  entities(model: ModelAddress, text: string): readonly Entity[];
  fillMask(model: ModelAddress, text: string): readonly MaskFilling[];
  attention(model: ModelAddress, text: string, layer: number, head: number): AttentionResponse;
  embed(model: ModelAddress, texts: readonly string[], pooling: "mean" | "cls"): readonly Float32Array[];
  forget(): void;
}

export type CallName = keyof WorkerCalls;

export interface CallMessage {
  readonly id: number;
  readonly name: CallName;
  readonly args: readonly unknown[];
}

/** Bytes of a file of a model that is being fetched. */
export interface FetchProgress {
  readonly file: string;
  readonly loaded: number;
  readonly total: number | null;
}

export type WorkerMessage =
  | { readonly kind: "result"; readonly id: number; readonly result: unknown }
  | { readonly kind: "error"; readonly id: number; readonly message: string }
  | { readonly kind: "progress"; readonly progress: FetchProgress };
