/** @file What a person sees of fine-tuning while it works: a progress line, a line an epoch, a line a run. */
import type { FinetuneEvent, FinetuneResult, SeriesRun } from "../tasks/finetuning/index.js";
import type { CliContext } from "./context.js";
import { type Progress, startProgress } from "./progress.js";

export interface FinetuneView {
  onEvent(run: SeriesRun, event: FinetuneEvent): void;
  onFinished(run: SeriesRun, result: FinetuneResult): void;
  finish(): void;
}

export function createFinetuneView(context: CliContext, runs: number): FinetuneView {
  let progress: Progress | null = null;
  let first = 0;
  let done = 0;
  const say = (text: string): void => {
    progress?.finish();
    context.stderr.write(`clinicalbert: ${text}\n`);
  };
  return {
    onEvent(run, event) {
      const name = run.name === "" ? "finetune" : run.name;
      if (event.kind === "started") {
        first = event.step;
        // The notices are about the model and the data, which are the same in every run.
        if (done === 0) for (const notice of event.notices) say(notice);
        if (event.step > 0) say(`${name} goes on after update ${event.step} of ${event.steps}`);
        progress = startProgress(context, name, event.steps - first, "updates");
      } else if (event.kind === "step") {
        const { step, loss, learning_rate: rate, epoch } = event.metrics;
        progress?.update(step - first, `epoch ${epoch} loss ${loss.toFixed(4)} lr ${rate.toExponential(2)}`);
      } else say(`${name} epoch ${event.epoch}: dev ${event.metric} ${event.score.toFixed(4)}`);
    },
    onFinished(run, result) {
      done++;
      if (runs === 1) return;
      const test = result.test === null ? "" : `, test ${result.test.score.toFixed(4)}`;
      const dev = result.dev === null ? "" : ` dev ${result.dev.score.toFixed(4)}`;
      say(`run ${done} of ${runs} (${run.name}):${dev}${test}`);
    },
    finish: () => progress?.finish(),
  };
}
