/** @file Fine-tuning: from examples to a model, its predictions and scores. */
export { createFinetuneRecipe, type FinetuneChanges } from "./create-recipe.js";
export { checkFinetuneData, type FinetuneData, modelLabels } from "./finetune-data.js";
export { type FinetuneJob, finetune } from "./finetune.js";
export type { FinetuneEvent, FinetuneOutcome, FinetuneResult } from "./finetune-run.js";
export {
  checkFinetuneRecipe,
  FINETUNE_PRESETS,
  FINETUNE_TASKS,
  type FinetunePreset,
  type FinetuneRecipe,
  type FinetuneTask,
  presetSettings,
} from "./recipe.js";
export { type MeanInterval, meanInterval } from "./mean-interval.js";
export type { EntityPrediction, LabelPrediction } from "./predictions.js";
export type { Scores } from "./scores.js";
export {
  crossValidationSplits,
  SPLIT_UNITS,
  type Split,
  type SplitOptions,
  type SplitUnit,
  splitExamples,
  splitHash,
} from "./splits.js";
export { sharedNotices } from "./shared-examples.js";
export { startFinetuning } from "./start-finetuning.js";
export { TRAINED_SCHEMES, type TrainedScheme } from "./word-classes.js";
export {
  type DataSources,
  describeParts,
  problemNotices,
  type ReadData,
  readFinetuneData,
} from "./read-data.js";
export {
  type FinishedRun,
  foldRuns,
  gridRuns,
  runSeries,
  type SeriesHooks,
  type SeriesOutcome,
  type SeriesRun,
  seedRuns,
  seriesReport,
} from "./series.js";
export { writePredictions } from "./write-predictions.js";
export { readModelShape, type TestedModel, type TestModelOptions, testModel } from "./test-model.js";
