/** @file What the threads of the server say to each other: plain data that survive `postMessage`. */
import type { BertHead } from "../bert/index.js";
import type { Reading } from "../pipelines/index.js";
import type { AnswerName } from "./answers/answers.js";
import type { DeidRecall, SentenceReading } from "../tasks/index.js";
import type { Limits, ModelSettings } from "./settings.js";

/** The head under which a model runs; `encoder` is without one. */
export type LaneHead =
  | "encoder"
  | Extract<BertHead, "masked-lm" | "token-classification" | "sequence-classification">;

/** Rows of one lane can share a batch: same model, same head, same extra outputs. */
export interface Lane {
  /** Index among the models of the command line. */
  readonly model: number;
  readonly head: LaneHead;
  /** Rows that ask for attention run apart: their graph has more outputs. */
  readonly attention: boolean;
}

/** A `ModelRow` as it goes between threads. */
export interface WireRow {
  readonly encoding: { readonly ids: Int32Array; readonly typeIds: Uint8Array };
  readonly reading: Reading;
}

/** For the thread that reads texts. A job asks for rows of a model as often as it needs, then gives its answer. */
export type TextTask =
  | {
      readonly kind: "start";
      readonly job: number;
      readonly answer: AnswerName;
      readonly model: number;
      readonly body: unknown;
    }
  | { readonly kind: "resume"; readonly job: number; readonly results: readonly Float32Array[] }
  | { readonly kind: "abandon"; readonly job: number };

export type TextReply =
  | { readonly kind: "rows"; readonly lane: Lane; readonly rows: readonly WireRow[] }
  | { readonly kind: "done"; readonly json: string; readonly inputs: number; readonly tokens: number };

export interface TextThreadData {
  /** Folders of the tokenizers, and what their answers need to know of each model. */
  readonly models: readonly TokenizerSource[];
  readonly limits: Pick<Limits, "inputs" | "requestTokens">;
}

export interface TokenizerSource {
  readonly id: string;
  readonly folder: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly labels: readonly string[];
  readonly pooling: "mean" | "cls";
  readonly hiddenSize: number;
  readonly layers: number;
  readonly heads: number;
  /** Tokens that `/embed` keeps; sentence-transformers may set it below the model's length. */
  readonly embedLength: number;
  /** Measured of these weights; null where it was not, or of other ones. */
  readonly recall: DeidRecall | null;
  /** How notes are tagged: by sentences where the model learned from sentences. */
  readonly sentences: SentenceReading | null;
}

/** For the threads that run models. */
export type ModelTask =
  | { readonly kind: "warm-up" }
  | {
      readonly kind: "batch";
      readonly lane: Lane;
      readonly rows: readonly WireRow[];
      /** Nothing else runs or waits: the batch may have the threads of all workers. */
      readonly isAlone: boolean;
    };

export type ModelReply =
  | { readonly kind: "warm"; readonly lanes: readonly LaneCost[] }
  | { readonly kind: "rows"; readonly results: readonly Float32Array[] };

/** What a batch costs: `runMs` for being run at all, `tokenMs` for each of its tokens, padding included. */
export interface LaneCost {
  readonly lane: Lane;
  readonly runMs: number;
  readonly tokenMs: number;
}

export interface ModelThreadData {
  /** Paths of the weights, beside their configurations. */
  readonly weights: readonly string[];
  readonly heads: readonly (readonly LaneHead[])[];
  /** Positions of each. */
  readonly lengths: readonly number[];
  readonly dtype: ModelSettings["dtype"];
  /** Of a batch beside those of other workers, and of one that runs alone. */
  readonly threads: number;
  readonly threadsAlone: number;
}
