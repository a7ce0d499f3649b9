/** @file One progress bar after another, as the stages of a job go. */
import type { OnStageProgress } from "../recipes/stage-folder.js";
import type { CliContext } from "./context.js";
import { type Progress, startProgress } from "./progress.js";

export function stageBars(context: CliContext): { readonly update: OnStageProgress; finish(): void } {
  let current = "";
  let bar: Progress | null = null;
  return {
    update(stage, done, total, unit, note) {
      if (stage !== current) {
        bar?.finish();
        bar = startProgress(context, stage, total, unit);
        current = stage;
      }
      bar?.update(done, note);
    },
    finish() {
      bar?.finish();
    },
  };
}
