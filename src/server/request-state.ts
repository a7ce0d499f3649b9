/** @file What the server knows of a request from its first byte to its audit line. Never its text. */
import type { FastifyReply, FastifyRequest } from "fastify";
import { ClinicalBertError } from "../errors.js";
import type { ServedModel } from "./served-model.js";

export interface RequestState {
  readonly start: number;
  key: string | null;
  model: ServedModel | null;
  inputs: number | null;
  tokens: number | null;
  bytesIn: number;
  bytesOut: number;
  error: string | null;
  /** Aborts when the client goes away, or the time is over. */
  readonly abort: AbortController;
  /** Done once, whatever ends the request. */
  readonly leave: (() => void)[];
}

const states = new WeakMap<FastifyRequest, RequestState>();

export function startRequest(request: FastifyRequest): RequestState {
  const state: RequestState = {
    start: performance.now(),
    key: null,
    model: null,
    inputs: null,
    tokens: null,
    bytesIn: 0,
    bytesOut: 0,
    error: null,
    abort: new AbortController(),
    leave: [],
  };
  states.set(request, state);
  return state;
}

export function stateOf(request: FastifyRequest): RequestState {
  return states.get(request) ?? startRequest(request);
}

/** Runs what was to be undone; again is harmless. */
export function leaveRequest(state: RequestState): void {
  for (const leave of state.leave.splice(0)) leave();
}

/** Gives the request up when its client goes away, or after `ms`. */
export function abortWithClient(request: FastifyRequest, reply: FastifyReply, ms: number): void {
  const { abort, leave } = stateOf(request);
  reply.raw.once("close", () => {
    if (!reply.raw.writableFinished) abort.abort(new ClinicalBertError("ABORTED", "The client went away."));
  });
  const timer = setTimeout(
    () => abort.abort(new ClinicalBertError("SERVER_TIMEOUT", `The request was not done in ${ms} ms.`)),
    ms,
  );
  leave.push(() => clearTimeout(timer));
}
