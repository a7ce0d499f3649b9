/** @file Starts a fine-tuning run in a worker thread and follows it. */
import { type FollowOptions, followJob } from "../../util/stoppable-worker.js";
import type { FinetuneJob } from "./finetune.js";
import type { FinetuneEvent, FinetuneOutcome } from "./finetune-run.js";

/** Runs or continues `job`; rejects with the error of the run, or `WORKER_FAILED` when its thread dies. */
export function startFinetuning(
  job: FinetuneJob,
  options: FollowOptions<FinetuneEvent> = {},
): Promise<FinetuneOutcome> {
  return followJob(new URL("./finetune-worker.js", import.meta.url), job, options);
}
