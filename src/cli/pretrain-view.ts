/** @file What `pretrain` shows: the values with their sources, the progress line, the cost of a run, the outcome. */
import type { DryRunReport } from "../recipes/dry-run.js";
import { gigabytes } from "../training/memory.js";
import { PRESETS, type PresetName, type ResolvedValues, type RunValues } from "../training/presets.js";
import type { PretrainOutcome } from "../training/pretrain.js";
import type { PretrainRecipe } from "../training/recipe.js";
import type { PretrainEvent } from "../training/training-loop.js";
import { columns } from "./columns.js";
import type { CliContext } from "./context.js";
import { FLAG_NAMES } from "./pretrain-flags.js";
import { type Progress, startProgress } from "./progress.js";

/** Every value, its flag and its source. */
export function describeValues({ values, origins }: ResolvedValues, preset: PresetName | null): string {
  const rows = (Object.keys(FLAG_NAMES) as (keyof RunValues)[]).map((key) => [
    FLAG_NAMES[key],
    key === "categories" ? values.categories.join(", ") || "all" : String(values[key]),
    origins[key],
  ]);
  const head = preset === null ? "" : `${PRESETS[preset].summary}; starts from ${PRESETS[preset].start}.\n\n`;
  return `${head}${columns([["flag", "value", "source"], ...rows])}\nOptimizer: Adam without bias correction, β 0.9 and 0.999, ε 1e-6, decay 0.01 but for LayerNorm and bias, norm clipped at 1\n(google-research/bert optimization.py:59–152).\n`;
}

export interface RunView {
  onEvent(event: PretrainEvent): void;
  finish(): void;
}

/** The progress line: loss, both accuracies, rate, sequences a second, GFLOP/s, time left. */
export function createRunView(context: CliContext, recipe: PretrainRecipe, json: boolean): RunView {
  const { steps, batchSize } = recipe;
  let progress: Progress | null = null;
  let first = 0;
  return {
    onEvent(event) {
      if (event.kind === "started") {
        first = event.step;
        for (const notice of event.notices) context.stderr.write(`clinicalbert: ${notice}\n`);
        if (!json)
          context.stderr.write(
            `clinicalbert: ${event.parameters} parameters, step ${event.step} of ${event.steps}\n`,
          );
        progress = startProgress(context, "pretrain", (steps - first) * batchSize, "sequences");
      } else if (event.kind === "step") {
        const { metrics, flops } = event;
        const gigaflops = ((flops / batchSize) * metrics.sequences_per_second) / 1e9;
        const numbers = [
          `step ${metrics.step}`,
          `loss ${metrics.loss.toFixed(3)}`,
          `mlm ${metrics.masked_lm_accuracy.toFixed(3)}`,
          `nsp ${metrics.next_sentence_accuracy.toFixed(3)}`,
          `lr ${metrics.learning_rate.toExponential(2)}`,
          `${gigaflops.toFixed(1)} GFLOP/s`,
        ];
        progress?.update((metrics.step - first) * batchSize, numbers.join(" "));
      } else if (event.kind === "evaluated" && !json) {
        progress?.finish();
        const { step, masked_lm_loss: loss, masked_lm_accuracy: accuracy, sequences } = event.line;
        context.stderr.write(
          `clinicalbert: step ${step}, held out (${sequences} sequences): masked-LM loss ${loss.toFixed(4)}, accuracy ${accuracy.toFixed(4)}\n`,
        );
      }
    },
    finish: () => progress?.finish(),
  };
}

export function describeDryRun(report: DryRunReport, recipe: PretrainRecipe): string {
  const { steps, batchSize, microBatch } = recipe;
  const rows = [
    ["parameters", String(report.parameters)],
    ["step", `${report.secondsPerStep.toPrecision(3)} s (${batchSize} sequences, ${microBatch} at once)`],
    [
      "speed",
      `${report.sequencesPerSecond.toPrecision(3)} sequences/s, ${report.gigaflops.toPrecision(3)} GFLOP/s`,
    ],
    ["whole run", `${duration(report.totalSeconds)} for ${steps} steps`],
    [
      "memory",
      `about ${gigabytes(report.estimatedBytes)} by its shapes, ${gigabytes(report.measuredBytes)} measured, of ${gigabytes(report.machineBytes)}`,
    ],
    [
      "disk",
      `${gigabytes(report.diskBytes)} for checkpoints, models and metrics${report.freeDiskBytes === null ? "" : `, of ${gigabytes(report.freeDiskBytes)} that are free`}`,
    ],
  ];
  const advice = report.advice.map((line) => `  ${line}\n`).join("");
  return `${columns(rows)}${advice === "" ? "" : `\nwhat would make it shorter\n${advice}`}`;
}

function duration(seconds: number): string {
  if (seconds >= 86_400) return `${(seconds / 86_400).toFixed(1)} days`;
  return seconds >= 3600 ? `${(seconds / 3600).toFixed(1)} hours` : `${Math.ceil(seconds / 60)} minutes`;
}

/** What a finished run says. */
export function describeOutcome({ step, model, evaluation, best }: PretrainOutcome, report: string): string {
  const lines = [`trained ${step} updates; the model is in ${model}, the report in ${report}`];
  if (evaluation !== null)
    lines.push(
      `held out (${evaluation.sequences} sequences): masked-LM loss ${evaluation.masked_lm_loss.toFixed(4)}, accuracy ${evaluation.masked_lm_accuracy.toFixed(4)}, next-sentence accuracy ${evaluation.next_sentence_accuracy.toFixed(4)}`,
    );
  if (best !== null && best.step !== step)
    lines.push(
      `best held-out loss ${best.masked_lm_loss.toFixed(4)} after ${best.step} updates: ${best.model}`,
    );
  return `${lines.join("\n")}\n`;
}
