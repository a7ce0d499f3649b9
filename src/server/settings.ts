/** @file What a server is told at its start, and the limits that keep it bounded. */
import type { ModelDtype } from "../pipelines/index.js";

export interface ModelSource {
  /** What requests call it; from its path when null. */
  readonly id: string | null;
  /** Folder, weights file, TensorFlow prefix, .tar.gz or hub id. */
  readonly source: string;
}

export interface Limits {
  /** Bytes of a request's body. */
  readonly bodyBytes: number;
  /** Inputs of a request. */
  readonly inputs: number;
  /** Tokens of a request, after truncation and with what windows repeat. */
  readonly requestTokens: number;
  /** Requests that are accepted and not answered yet; more are refused with 429. */
  readonly requests: number;
  /** Tokens of accepted requests that wait for the model; more are refused with 429. */
  readonly queuedTokens: number;
  /** Most milliseconds from a request's last byte to its answer; then it is given up with 503. */
  readonly requestMs: number;
  /** Most milliseconds for the bytes of a request to arrive. */
  readonly receiveMs: number;
  /** Most milliseconds in which a client takes no byte of its answer; then its connection is closed. */
  readonly sendMs: number;
  /** Open connections. */
  readonly connections: number;
  /** Of one key; 0 = no limit. */
  readonly requestsPerMinute: number;
  /** Of one key at once; 0 = no limit. */
  readonly requestsPerKey: number;
}

export const DEFAULT_LIMITS: Limits = {
  bodyBytes: 2_000_000,
  inputs: 2048,
  requestTokens: 65_536,
  requests: 128,
  queuedTokens: 131_072,
  requestMs: 120_000,
  receiveMs: 30_000,
  sendMs: 30_000,
  connections: 2048,
  requestsPerMinute: 0,
  requestsPerKey: 0,
};

export interface BatchSettings {
  /** Tokens of a batch, padding included. */
  readonly tokens: number;
  /** Most milliseconds that an idle model waits for requests that are being tokenized. */
  readonly waitMs: number;
}

export interface ModelSettings {
  readonly models: readonly ModelSource[];
  readonly dtype: Exclude<ModelDtype, "fp16">;
  /** Threads of the arithmetic, shared out among the workers. */
  readonly threads: number;
  /** Worker threads that run models; each has its own copy of the weights. By `chooseWorkerCount` when null. */
  readonly workers: number | null;
  readonly revision?: string;
  /** No connection: hub ids come from the cache. */
  readonly offline: boolean;
}

export interface ServeSettings extends ModelSettings {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly keys: readonly ApiKey[];
  /** Serves an address that others reach without keys. */
  readonly insecure: boolean;
  /** Names beside the loopback and bound ones under which requests may come. */
  readonly allowedHosts: readonly string[];
  /** Origins of web pages that may call the server (CORS); none by default. */
  readonly allowedOrigins: readonly string[];
  readonly limits: Limits;
  readonly batch: BatchSettings;
  /** Folder of the run folders that `/runs` shows; null without them. */
  readonly runs: string | null;
  /** Folder of the built page; null serves none. */
  readonly page: string | null;
  /** File to which a line is appended for every request. */
  readonly auditLog: string | null;
  readonly logLevel: string;
  readonly version: string;
}

/** A key and the name under which logs know it. */
export interface ApiKey {
  readonly id: string;
  /** SHA-256 of the key: the key itself is not kept. */
  readonly hash: Buffer;
}
