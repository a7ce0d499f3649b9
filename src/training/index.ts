export { type EvaluateOptions, type Evaluation, evaluatePretraining } from "./evaluate.js";
export { type LoadReport, loadParameters } from "./load-parameters.js";
export type { HeldOutLine } from "./held-out.js";
export { chooseMicroBatch, estimateMemory, type TrainingShape } from "./memory.js";
export { type PretrainJob, type PretrainOutcome, pretrain } from "./pretrain.js";
export {
  createTrainingState,
  Pretrainer,
  type PretrainerOptions,
  type StepResult,
  type TrainingState,
} from "./pretrainer.js";
export { checkRecipe, INSTANCE_ORDERS, type InstanceOrder, type PretrainRecipe } from "./recipe.js";
export { learningRateAt, type Schedule } from "./schedule.js";
export { type StartPretrainingOptions, startPretraining } from "./start-pretraining.js";
export type { PretrainEvent, PretrainHooks, StepMetrics } from "./training-loop.js";
