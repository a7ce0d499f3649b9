/** @file `clinicalbert pretrain`: trains a BERT on notes or instances, from published weights or from scratch. */
import { join } from "node:path";
import { ClinicalBertError } from "../../errors.js";
import { dryRun } from "../../recipes/dry-run.js";
import { runReport } from "../../recipes/run-report.js";
import { PRESETS, type ResolvedValues, resolveValues } from "../../training/presets.js";
import { checkFit } from "../../training/recipe.js";
import { largestUpdate } from "../../training/schedule.js";
import { startPretraining } from "../../training/start-pretraining.js";
import { writeAtomic } from "../../util/atomic-file.js";
import { addExamples, type CliCommand, type CliContext } from "../context.js";
import { addPretrainFlags, givenValues, type PretrainFlags } from "../pretrain-flags.js";
import {
  describeStart,
  microBatchOf,
  prepareNotes,
  recipeOf,
  type Start,
  type Widths,
  widthsOf,
} from "../pretrain-recipe.js";
import { createRunView, describeDryRun, describeOutcome, describeValues } from "../pretrain-view.js";
import { startProgress } from "../progress.js";
import { stageBars } from "../stage-bars.js";

/** Times the peak rate that early updates may be worth without a word. */
const LARGE_UPDATE = 2;
const LONG_WARMUP = 1000;

export const command: CliCommand = {
  configure(command, context) {
    addPretrainFlags(command);
    command.action((flags: PretrainFlags) => pretrain(flags, context));
    addExamples(
      command,
      "clinicalbert pretrain --preset bio-clinical-bert --init biobert_v1.0_pubmed_pmc --notes NOTEEVENTS.csv.gz --out runs/bio-clinical",
      "clinicalbert pretrain --preset clinical-bert --explain",
      "clinicalbert pretrain --init biobert_v1.1_pubmed --instances notes.tfrecord --steps 150000 --out runs/bio-clinical",
      "clinicalbert pretrain --config small.json --vocab vocab.txt --notes notes.jsonl --steps 8000 --warmup 1000 --learning-rate 5e-4 --memory 2GB --out runs/small",
    );
    command.addHelpText(
      "after",
      `\n${OPTIMIZER_NOTE}\nStopped runs (Ctrl-C, a crash, kill -9) go on where they were when the same command is given again.\nValues in parentheses are defaults; a preset has its own, and --explain says where each is from.\n`,
    );
  },
};

const OPTIMIZER_NOTE =
  "The optimizer is the published one: Adam without bias correction. Its first real update is about 3.2 times the rate, up to\n6.5 times near step 12 and still 3 times at step 100: give a run a warm-up.";

/** What to say of a schedule whose early updates are far above its peak; null where they are not. */
function warmupAdvice({ learningRate, steps, warmupSteps }: ResolvedValues["values"]): string | null {
  const { step, rate } = largestUpdate({ learningRate, totalSteps: steps, warmupSteps });
  if (rate <= LARGE_UPDATE * learningRate) return null;
  return `the update of step ${step} will be as large as at a rate of ${rate.toPrecision(2)}, ${(rate / learningRate).toFixed(1)} times --learning-rate, because the published optimizer has no bias correction; models that start from random weights may never recover. A --warmup of ${LONG_WARMUP} steps keeps it within 1.3 times, whatever the length of the run.`;
}

async function pretrain(flags: PretrainFlags, context: CliContext): Promise<void> {
  const preset = flags.preset ?? null;
  const resolved = resolveValues(preset, givenValues(flags));
  if (flags.explain === true) {
    context.stdout.write(
      flags.json === true ? `${JSON.stringify(resolved)}\n` : describeValues(resolved, preset),
    );
    return;
  }
  checkSources(flags);
  const advice = preset === null ? "" : `; the preset starts from ${PRESETS[preset].start}`;
  const start = await describeStart(flags, resolved.values.gelu, advice);
  if (flags.dryRun === true) return measure(flags, resolved, start, context);
  if (flags.out === undefined)
    throw new ClinicalBertError("USAGE", "pretrain needs --out, the folder of the run.");
  await train({ ...flags, out: flags.out }, resolved, start, context);
}

function checkSources({ notes, instances, heldOut, dryRun }: PretrainFlags): void {
  const sources = [notes, instances].filter((source) => source !== undefined).length;
  if (sources > 1 || (sources === 0 && dryRun !== true))
    throw new ClinicalBertError("USAGE", "pretrain needs either --notes or --instances to train on.");
  if (heldOut !== undefined && instances === undefined)
    throw new ClinicalBertError(
      "USAGE",
      "--held-out goes with --instances; of --notes, one patient of --hold-out is held out.",
    );
}

async function train(
  flags: PretrainFlags & { readonly out: string },
  { values, origins }: ResolvedValues,
  start: Start,
  context: CliContext,
): Promise<void> {
  const warning = warmupAdvice(values);
  if (warning !== null) context.stderr.write(`clinicalbert: ${warning}\n`);
  const { instances, heldOut } = await dataOf(flags, values, start, context);
  const widths = (): Promise<Widths> => widthsOf(instances, values);
  const microBatch = await microBatchOf(flags, values, start.config, widths);
  const recipe = recipeOf(flags, values, start, { instances, heldOut, microBatch });
  const view = createRunView(context, recipe, flags.json === true);
  const outcome = await startPretraining(
    { recipe, folder: flags.out, origins: { preset: flags.preset ?? "none", ...origins } },
    { signal: context.signal, onEvent: view.onEvent },
  ).finally(() => view.finish());
  const report = join(flags.out, "report.html");
  await writeAtomic(report, await runReport([flags.out]));
  if (flags.json === true) context.stdout.write(`${JSON.stringify(outcome)}\n`);
  if (!outcome.finished)
    throw new ClinicalBertError(
      "ABORTED",
      `Stopped after ${outcome.step} updates; ${flags.out} keeps them.`,
      {
        remedy: "Give the same command again to go on.",
      },
    );
  if (flags.json !== true) context.stdout.write(describeOutcome(outcome, report));
}

async function dataOf(
  flags: PretrainFlags & { readonly out: string },
  values: ResolvedValues["values"],
  start: Start,
  context: CliContext,
): Promise<{ instances: readonly string[]; heldOut: readonly string[] }> {
  if (flags.notes === undefined) return { instances: flags.instances!, heldOut: flags.heldOut ?? [] };
  const bars = stageBars(context);
  const made = await prepareNotes(
    { ...flags, notes: flags.notes },
    values,
    start,
    context,
    bars.update,
  ).finally(bars.finish);
  if (flags.json !== true)
    context.stderr.write(
      `clinicalbert: ${made.counts.training} training and ${made.counts["held-out"]} held-out instances\n`,
    );
  return { instances: [made.instances], heldOut: [made.heldOut] };
}

async function measure(
  flags: PretrainFlags,
  resolved: ResolvedValues,
  start: Start,
  context: CliContext,
): Promise<void> {
  const { values } = resolved;
  const instances = flags.instances ?? [];
  const widths = await widthsOf(instances, values);
  checkFit(start.config, widths.maxLength);
  const microBatch = await microBatchOf(flags, values, start.config, () => Promise.resolve(widths));
  const recipe = recipeOf(flags, values, start, { instances, heldOut: flags.heldOut ?? [], microBatch });
  const bar = startProgress(context, "measure", 0, "steps");
  const report = await dryRun({
    ...{ recipe, ...widths },
    folder: flags.out ?? ".",
    signal: context.signal,
    onProgress: (done) => bar.update(done),
  }).finally(() => bar.finish());
  context.stdout.write(
    flags.json === true
      ? `${JSON.stringify({ ...report, ...resolved })}\n`
      : `${describeValues(resolved, flags.preset ?? null)}\n${describeDryRun(report, recipe)}`,
  );
}
