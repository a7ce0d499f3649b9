/** @file A pretraining run from its recipe to its model: opens or continues the folder, trains, saves. */
import { ClinicalBertError } from "../errors.js";
import type { InstanceReader } from "../instances/instance-sink.js";
import { openInstances } from "../instances/open-instances.js";
import { createOrtRuntime, ortVersion } from "../runtime/ort-node.js";
import { packageVersion } from "../util/package-version.js";
import { type HeldOutLine, loadBest } from "./held-out.js";
import { type LoadReport, loadParameters } from "./load-parameters.js";
import { initializeParameters } from "./parameter-vector.js";
import { createTrainingState } from "./pretrainer.js";
import { checkFit, checkRecipe, type PretrainRecipe } from "./recipe.js";
import { openRun, runPaths } from "./run-directory.js";
import { saveModel } from "./save-model.js";
import { restoreCheckpoint, resumeNotices } from "./training-checkpoint.js";
import { describeEnvironment } from "./training-environment.js";
import { type PretrainHooks, type Run, runSteps } from "./training-loop.js";

export interface PretrainJob {
  readonly recipe: PretrainRecipe;
  /** The run folder; an existing one of the same recipe is continued. */
  readonly folder: string;
  /** Where a value of the recipe is from, by name; recorded with the recipe. */
  readonly origins?: Readonly<Record<string, string>>;
}

export interface PretrainOutcome {
  /** False when it was stopped; the same job continues it. */
  readonly finished: boolean;
  readonly step: number;
  /** Hugging Face folder of the trained model; null until finished. */
  readonly model: string | null;
  /** The last evaluation on held-out instances; null without any. */
  readonly evaluation: HeldOutLine | null;
  /** The evaluation with the lowest masked-LM loss, and the folder of its model: `model` itself when it is the last one. */
  readonly best: (HeldOutLine & { readonly model: string | null }) | null;
}

/**
 * Runs or continues a job in this thread, which it blocks for the length of a micro-batch at a time.
 * Throws `TRAINING_RECIPE`, `TRAINING_RESUME`, `TRAINING_DIVERGED` and what the readers throw.
 */
export async function pretrain(
  { recipe, folder, origins = {} }: PretrainJob,
  hooks: PretrainHooks,
): Promise<PretrainOutcome> {
  checkRecipe(recipe);
  const paths = runPaths(folder);
  const instances = await openInstances(recipe.instances);
  try {
    checkInstances(instances, recipe);
    const versions = {
      clinicalbert: packageVersion(),
      onnxruntime: await ortVersion(),
      node: process.versions.node,
    };
    await openRun(paths, recipe, versions, origins);
    const runtime = await createOrtRuntime({ device: recipe.device, threads: recipe.threads });
    const environment = await describeEnvironment(runtime, recipe.threads, String(recipe.microBatch));
    const state = createTrainingState(recipe.config);
    return await continueRun({ recipe, paths, instances, runtime, state, environment, hooks });
  } finally {
    instances.close();
  }
}

async function continueRun(run: Run): Promise<PretrainOutcome> {
  const { recipe, paths, state, hooks } = run;
  const { step: first, notices } = await startState(run);
  const parameters = state.weights.data.length;
  hooks.onEvent({ kind: "started", step: first, steps: recipe.steps, parameters, notices });
  const { step, finished, last, best } = await runSteps(run, first);
  if (!finished)
    return {
      finished,
      step,
      model: null,
      evaluation: last,
      best: best === null ? null : { ...best, model: null },
    };
  await saveModel(paths.model, recipe, state.weights, step);
  if (best === null) return { finished, step, model: paths.model, evaluation: last, best: null };
  if (best.step === step)
    return { finished, step, model: paths.model, evaluation: last, best: { ...best, model: paths.model } };
  await loadBest(paths, state.weights);
  await saveModel(paths.bestModel, recipe, state.weights, best.step);
  return {
    finished,
    step,
    model: paths.model,
    evaluation: last,
    best: { ...best, model: paths.bestModel },
  };
}

async function startState({
  recipe,
  paths,
  state,
  environment,
}: Run): Promise<{ step: number; notices: string[] }> {
  const restored = await restoreCheckpoint(paths.checkpoints, state, environment);
  if (restored !== null) return { step: restored.step, notices: resumeNotices(restored) };
  if (recipe.init === null) {
    initializeParameters(state.weights, recipe.config.initializerRange, recipe.seed);
    return { step: 0, notices: [] };
  }
  const report = await loadParameters(state.weights, recipe.init, recipe.config, recipe.seed);
  return { step: 0, notices: describeLoad(report) };
}

function describeLoad({ initialized, notices }: LoadReport): string[] {
  if (initialized.length === 0) return [...notices];
  return [...notices, `not in the given weights, started fresh: ${initialized.join(", ")}`];
}

function checkInstances({ count, maxLength }: InstanceReader, { config }: PretrainRecipe): void {
  if (count === 0)
    throw new ClinicalBertError("TRAINING_INSTANCE", "The files of instances are empty.", {
      remedy: "Make instances from a larger corpus.",
    });
  checkFit(config, maxLength);
}
