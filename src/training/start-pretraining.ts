/** @file Starts a pretraining run in a worker thread and follows it. */
import { type FollowOptions, followJob } from "../util/stoppable-worker.js";
import type { PretrainJob, PretrainOutcome } from "./pretrain.js";
import type { PretrainEvent } from "./training-loop.js";

/** `signal` stops the run after the micro-batch at hand; the outcome then says `finished: false`. */
export type StartPretrainingOptions = FollowOptions<PretrainEvent>;

/** Runs or continues `job`; rejects with the error of the run, or `WORKER_FAILED` when its thread dies. */
export function startPretraining(
  job: PretrainJob,
  options: StartPretrainingOptions = {},
): Promise<PretrainOutcome> {
  return followJob(new URL("./pretrain-worker.js", import.meta.url), job, options);
}
